//! Builtins that read a text of some format of its own.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use repx::session::{self, Config};
use repx::source::SourceMap;
use repx::value::{Slot, Text, Value};
use repx::world::Memory;

/// Functions of one text. The first byte of the input chooses one; new ones go to the end, so
/// that the inputs of `corpus/fuzz/builtins/` stay what they are.
const FUNCTIONS: &[&str] = &[
    "s: builtins.toJSON (builtins.fromJSON s)",
    "s: builtins.toJSON (builtins.fromTOML s)",
    "s: let p = builtins.split \"\\n\" s; in builtins.match (builtins.head p) (builtins.elemAt p 2)",
    "s: let p = builtins.split \"\\n\" s; in builtins.split (builtins.head p) (builtins.elemAt p 2)",
    "s: builtins.parseDrvName s",
    "s: builtins.splitVersion s",
    "s: let p = builtins.split \"\\n\" s; in builtins.compareVersions (builtins.head p) (builtins.elemAt p 2)",
    "s: builtins.parseFlakeRef s",
    "s: map (f: (builtins.tryEval (builtins.convertHash { hash = s; toHashFormat = f; hashAlgo = \"sha256\"; })).value) [ \"base16\" \"sri\" ]",
    "s: builtins.convertHash { hash = s; toHashFormat = \"nix32\"; }",
    "s: let p = builtins.split \"\\n\" s; e = builtins.elemAt p; in builtins.replaceStrings [ (e 0) (e 2) ] [ (e 4) (e 6) ] (e 8)",
    "s: [ (baseNameOf s) (dirOf s) (builtins.substring 1 3 s) (builtins.hashString \"md5\" s) ]",
    "s: builtins.toXML { ${s} = s; }",
    "s: builtins.unsafeDiscardStringContext \"${s}${builtins.toJSON { ${s} = s; }}\"",
    "s: builtins.toFile s s",
    "s: (derivation { name = s; builder = s; system = s; args = [ s ]; env = s; }).drvPath",
    "s: (derivation { name = \"n\"; builder = \"b\"; system = \"s\"; outputHash = s; }).outPath",
    "s: (derivation { name = \"n\"; builder = \"b\"; system = \"s\"; outputs = [ s ]; }).drvPath",
    "s: builtins.appendContext \"x\" { ${s} = { path = true; }; }",
    "s: builtins.storePath s",
    "s: /. + s",
];

/// Calls one builtin with the rest of the bytes. Any value and any error will do.
pub fn builtins(bytes: &[u8]) {
    let Some((which, text)) = bytes.split_first() else { return };
    let Some(function) = FUNCTIONS.get(usize::from(*which) % FUNCTIONS.len()) else { return };
    let (world, sources, interrupt) = (Memory::new(), SourceMap::new(), AtomicBool::new(false));
    let config = Config {
        world: &world,
        sources: &sources,
        search_path: vec![],
        home: None,
        settings: repx::eval::Settings::default(),
        tolerant: false,
        interrupt: &interrupt,
        messages: &|_| {},
        cache: None,
        packages: None,
        threads: 1,
        last: false,
    };
    let ran = session::run(&config, |session, evaluator| {
        let called = session.expression(evaluator, function, Path::new("/")).and_then(|function| {
            let text = Value::Text(Text::new(evaluator.local, text));
            let value = evaluator.call(function, &[Slot::Value(text)], repx::source::Span::NONE)?;
            evaluator.print(value, true)
        });
        // The message must be fit to be shown.
        called.unwrap_or_else(|error| error.diagnostic().message)
    });
    assert!(ran.is_ok(), "no thread to be had");
}
