//! What every Nix program sees without asking: `builtins`, and its members by names of their own.

use super::{constants, host, records, table, visible};
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs, BuiltinId, EvaluationId, Forced, Local, Slot, Thunk, Value};

/// Members that programs see by their plain names; all others are called `__name` outside of
/// `builtins` (as observed with Nix 2.34.8).
const PLAIN: [&str; 22] = [
    "abort",
    "baseNameOf",
    "break",
    "derivation",
    "derivationStrict",
    "dirOf",
    "false",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "null",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "throw",
    "toString",
    "true",
];

/// Members of `builtins` that only a session can know.
#[derive(Clone, Copy)]
pub struct Given<'h> {
    /// `nixPath`: a list of `{ path, prefix }`.
    pub nix_path: Slot<'h>,
    /// `derivation`: Nix code around `derivationStrict`.
    pub derivation: Slot<'h>,
}

/// Where a member's value comes from.
enum Origin {
    Function(BuiltinId),
    Constant(BuiltinId),
    Bool(bool),
    Null,
    NixPath,
    Derivation,
}

/// The members of `builtins` but for `builtins` itself, always in the same order.
fn members() -> Vec<(&'static str, Origin)> {
    let is_constant = |name| constants::ROWS.iter().any(|row| row.name == name);
    let rows = table().into_iter().take(visible()).zip(0..).map(|(row, id)| {
        let id = BuiltinId(id);
        match is_constant(row.name) {
            true => (row.name, Origin::Constant(id)),
            false => (row.name, Origin::Function(id)),
        }
    });
    let others = [
        ("true", Origin::Bool(true)),
        ("false", Origin::Bool(false)),
        ("null", Origin::Null),
        ("nixPath", Origin::NixPath),
        ("derivation", Origin::Derivation),
    ];
    rows.chain(others).collect()
}

/// What `nixlib` is given as `prim`: the hidden builtins that the embedded package set is made of.
pub fn primitives(local: Local<'_>) -> Value<'_> {
    let attrs =
        host::PRIMITIVES.iter().chain(records::PRIMITIVES).zip(visible()..).map(|(row, id)| {
            let function = Value::Builtin(BuiltinId(id as u64));
            Attr::new(Name::new(row.name), Span::NONE, function)
        });
    Value::Attrs(Attrs::new(local, attrs.collect()))
}

/// The names that every program sees, in the order of [`global_slots`].
pub fn global_names() -> Vec<Name> {
    let global = |(name, _): (&str, Origin)| match PLAIN.contains(&name) {
        true => Name::new(name),
        false => Name::new(format!("__{name}")),
    };
    std::iter::once(Name::new("builtins")).chain(members().into_iter().map(global)).collect()
}

/// What these names stand for.
pub fn global_slots<'h>(local: Local<'h>, given: Given<'h>) -> Vec<Slot<'h>> {
    let null = local.alloc(Slot::Value(Value::Null));
    let slot = |origin: &Origin| match origin {
        Origin::Function(id) => Slot::Value(Value::Builtin(*id)),
        Origin::Constant(id) => {
            let run = local.alloc(Slot::Value(Value::Builtin(*id)));
            Slot::Thunk(Thunk::apply(local, run, null))
        }
        Origin::Bool(bool) => Slot::Value(Value::bool(*bool)),
        Origin::Null => Slot::Value(Value::Null),
        Origin::NixPath => given.nix_path,
        Origin::Derivation => given.derivation,
    };
    let members: Vec<(&str, Slot<'h>)> =
        members().iter().map(|(name, origin)| (*name, slot(origin))).collect();

    // `builtins.builtins` is the set itself: a thunk holds its place until the set is there.
    let itself = Thunk::apply(local, null, null);
    let attr = |(name, slot): &(&str, Slot<'h>)| Attr::new(Name::new(name), Span::NONE, *slot);
    let mut attrs: Vec<Attr<'h>> = members.iter().map(attr).collect();
    attrs.push(attr(&("builtins", Slot::Thunk(itself))));
    let builtins = Value::Attrs(Attrs::new(local, attrs));
    if let Forced::Claimed(claim, _) = itself.look(EvaluationId(u32::MAX)) {
        claim.fulfil(builtins);
    }

    let members = members.into_iter().map(|(_, slot)| slot);
    std::iter::once(Slot::Value(builtins)).chain(members).collect()
}
