//! `import drv.drvPath`: a derivation as the set that `derivation` would give, without the attributes it was
//! made of.
//!
//! The set refers to itself (`d.out.all` …), so its parts are calls of a hidden builtin that wait to be needed.

use super::super::support::{plain_text, store_dir, wrap, wrong_count};
use super::{drv_text, known, output_text};
use crate::eval::{Builtin, Eval, Evaluator, words};
use crate::source::{Name, Span};
use crate::store::StorePath;
use crate::value::{Attr, Attrs, BuiltinId, Path, Slot, Thunk, Value};

/// Hidden: no program can name it.
pub(in super::super) const ROWS: &[Builtin] = &[Builtin {
    name: OUTPUT_OF,
    arguments: &["drvPath", "output"],
    doc: "A derivation of the store as a set, seen as one of its outputs.",
    run: output_of,
}];

const OUTPUT_OF: &str = "importedDerivation";

/// The derivation whose file is at this path.
pub(in super::super) fn at_path(ev: &Evaluator<'_>, path: Path<'_>) -> Option<StorePath> {
    let drv = store_dir().parse(std::str::from_utf8(path.bytes()).ok()?).ok()?;
    let there = || matches!(ev.shared.world.kind(path.as_path()), Ok(Some(_)));
    (drv.is_derivation() && there()).then_some(drv)
}

/// The set of a derivation's first output.
pub(in super::super) fn imported<'h>(
    ev: &mut Evaluator<'h>,
    drv: &StorePath,
    at: Span,
) -> Eval<'h> {
    let derivation = known(ev, drv, at)?;
    let first = derivation.outputs.keys().next();
    make(ev, drv, first.map_or("out", String::as_str), at)
}

fn output_of<'h>(ev: &mut Evaluator<'h>, args: &[Slot<'h>], at: Span) -> Eval<'h> {
    let [path, output] = args else {
        return Err(wrong_count(ev, at));
    };
    let path = plain_text(ev, *path, "path", at)?;
    let path = wrap(ev, at, store_dir().parse(path))?;
    let output = plain_text(ev, *output, "output name", at)?;
    make(ev, &path, output, at)
}

fn make<'h>(ev: &mut Evaluator<'h>, drv: &StorePath, output: &str, at: Span) -> Eval<'h> {
    let derivation = known(ev, drv, at)?;
    let rows = ev.shared.builtins.iter();
    let own = rows.zip(0..).find(|(row, _)| row.name == OUTPUT_OF);
    let Some((_, id)) = own else {
        return Err(ev.error_at(at, "derivation files can't be imported here"));
    };
    let path = ev.text(store_dir().print(drv));
    let name = derivation.env.get(b"name".as_slice());
    let mut attrs = vec![
        attr(words().drv_path, drv_text(ev, drv)),
        attr(words().name, ev.text(name.map_or(&[][..], Vec::as_slice))),
        attr(words().type_, ev.text("derivation")),
        attr(words().out_path, output_text(ev, drv, &derivation, output, at)?),
        attr(Name::new("outputName"), ev.text(output)),
    ];
    let mut all = Vec::new();
    for output in derivation.outputs.keys() {
        let call = [Value::Builtin(BuiltinId(id)), path, ev.text(output)].map(Slot::Value);
        let slot = Slot::Thunk(Thunk::apply2(ev.local, call));
        attrs.push(Attr::new(Name::new(output), Span::NONE, slot));
        all.push(slot);
    }
    attrs.push(attr(Name::new("all"), ev.list(&all)));
    // A derivation's own attributes come after its outputs in Nix, so an output can't hide them.
    Ok(Value::Attrs(Attrs::new(ev.local, attrs)))
}

fn attr(name: Name, value: Value<'_>) -> Attr<'_> {
    Attr::new(name, Span::NONE, value)
}
