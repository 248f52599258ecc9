//! Derivations within a value: their paths.

use hashbrown::HashSet;

use super::Output;
use super::auto_call::auto_call;
use crate::cli::setup;
use crate::diagnostic::Diagnostic;
use crate::eval::{Eval, Evaluator, FORCE, slots_of, words};
use crate::source::{Name, Span};
use crate::store::StoreDir;
use crate::value::{Attr, Attrs, Local, Slot, Value};

/// Writes the path of each derivation found, a line each; of another output than `out` also its
/// name. Sets within sets are searched only where they ask for it (`recurseForDerivations`).
/// With a `link`, what is written are the names of links: itself, then itself with numbers.
pub(super) fn print<'h>(
    ev: &mut Evaluator<'h>,
    arguments: Attrs<'h>,
    value: Value<'h>,
    link: Option<&str>,
    out: &mut Output,
) -> Eval<'h, ()> {
    let mut search = Search { ev, arguments, seen: HashSet::new(), found: Vec::new() };
    search.all(value)?;
    let found = search.found;
    let mut sharing = ev.sharing(FORCE);
    for (i, derivation) in found.iter().enumerate() {
        sharing.reach(ev, i, |local| paths_of(local, &found));
        line(ev, *derivation, link, out)?;
    }
    sharing.done();
    Ok(())
}

/// What has the paths of derivations; of one without a path the set itself.
fn paths_of<'h>(local: Local<'h>, derivations: &[Attrs<'h>]) -> &'h [Slot<'h>] {
    let path = |derivation: &Attrs<'h>| {
        let path = derivation.get(words().drv_path);
        path.unwrap_or(Slot::Value(Value::Attrs(*derivation)))
    };
    local.collect(derivations.iter().map(path))
}

fn no_derivation() -> Diagnostic {
    let message = "expression does not evaluate to a derivation (or a set or list of those)";
    Diagnostic::error("repx::eval::no-derivation", message).help("to print its value add --eval")
}

struct Search<'e, 'h> {
    ev: &'e mut Evaluator<'h>,
    arguments: Attrs<'h>,
    /// Addresses of the derivations found: one may be reached by several names.
    seen: HashSet<usize>,
    found: Vec<Attrs<'h>>,
}

impl<'h> Search<'_, 'h> {
    fn all(&mut self, value: Value<'h>) -> Eval<'h, ()> {
        self.ev.check_stack()?;
        let value = auto_call(self.ev, self.arguments, value)?;
        if self.take(value)? {
            return Ok(());
        }
        match value {
            Value::Attrs(attrs) => {
                let mut plain = attrs.by_name(self.ev.local);
                plain.retain(|attr| is_plain(attr.key.name));
                let mut sharing = self.ev.sharing(FORCE);
                for (i, attr) in plain.iter().enumerate() {
                    sharing.reach(self.ev, i, |local| slots_of(local, &plain));
                    self.attribute(attrs, *attr)?;
                }
                sharing.done();
                Ok(())
            }
            Value::List(list) => {
                let mut sharing = self.ev.sharing(FORCE);
                for (i, item) in list.items().iter().enumerate() {
                    sharing.reach(self.ev, i, |_| list.items());
                    let item = self.ev.force(*item)?;
                    if !self.take(item)? {
                        self.all(item)?;
                    }
                }
                sharing.done();
                Ok(())
            }
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Text(_)
            | Value::Path(_)
            | Value::Lambda(_)
            | Value::Builtin(_)
            | Value::Partial(_) => Err(self.ev.error_with(no_derivation())),
        }
    }

    fn attribute(&mut self, parent: Attrs<'h>, attr: Attr<'h>) -> Eval<'h, ()> {
        let combine = parent.has(Name::new("_combineChannels"));
        let result = self.ev.force(attr.slot).and_then(|value| {
            if combine {
                return self.all(value);
            }
            if self.take(value)? || !self.wants_recursion(value)? {
                return Ok(());
            }
            self.all(value)
        });
        let name = attr.key.name;
        self.ev.framed(result, attr.key.span, || format!("while evaluating the attribute '{name}'"))
    }

    fn wants_recursion(&mut self, value: Value<'h>) -> Eval<'h, bool> {
        let Value::Attrs(attrs) = value else {
            return Ok(false);
        };
        match attrs.get(Name::new("recurseForDerivations")) {
            Some(slot) => self.ev.boolean(slot),
            None => Ok(false),
        }
    }

    /// Keeps a derivation; false if the value isn't one.
    fn take(&mut self, value: Value<'h>) -> Eval<'h, bool> {
        let Value::Attrs(attrs) = value else {
            return Ok(false);
        };
        if !self.ev.is_derivation(attrs)? {
            return Ok(false);
        }
        if self.seen.insert(attrs.address()) {
            let Some(name) = attrs.get(words().name) else {
                return Err(self.ev.error("derivation name missing"));
            };
            self.ev.plain_string(name)?;
            self.found.push(attrs);
        }
        Ok(true)
    }
}

/// Is this name a plain word? Others are not searched.
fn is_plain(name: Name) -> bool {
    let word = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    let more = |byte: &u8| word(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'+');
    match name.bytes().split_first() {
        Some((first, rest)) => word(first) && rest.iter().all(more),
        None => false,
    }
}

fn line<'h>(
    ev: &mut Evaluator<'h>,
    derivation: Attrs<'h>,
    link: Option<&str>,
    out: &mut Output,
) -> Eval<'h, ()> {
    let path = match derivation.get(words().drv_path) {
        Some(slot) => text(ev, slot)?,
        None => return Err(ev.error("derivation does not contain a 'drvPath' attribute")),
    };
    let output = match derivation.get(Name::new("outputName")) {
        Some(slot) => ev.plain_string(slot)?,
        None => b"",
    };
    if output.is_empty() {
        let path = String::from_utf8_lossy(path);
        return Err(
            ev.error_at(Span::NONE, format!("derivation '{path}' lacks an 'outputName' attribute"))
        );
    }
    let shown = String::from_utf8_lossy(path);
    let Ok(drv) = StoreDir::default().parse(&shown) else {
        return Err(ev.error_at(Span::NONE, format!("path '{shown}' is not in the Nix store")));
    };
    let link = link.map(|link| match out.roots.len() {
        0 => setup::absolute(link),
        more => setup::absolute(&format!("{link}-{}", more + 1)),
    });
    match &link {
        Some(link) => out.text.extend_from_slice(link.as_os_str().as_encoded_bytes()),
        None => out.text.extend_from_slice(path),
    }
    if output != b"out" {
        out.text.push(b'!');
        out.text.extend_from_slice(output);
    }
    out.text.push(b'\n');
    out.roots.push((drv, link));
    Ok(())
}

fn text<'h>(ev: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, &'h [u8]> {
    Ok(ev.string(slot)?.bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::golden::reads_well;

    #[test]
    fn what_is_no_derivation_is_told() {
        reads_well(&no_derivation());
    }
}
