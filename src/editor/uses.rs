//! Where a stage's functions and scripts use its parameters, inputs and outputs.

use super::index::Taken;
use super::look::{Key, Look, Node};
use super::sketch::{Stage, key};
use super::spot::static_name;
use crate::check::shell::{Located, array_reads};
use crate::source::{Name, Span};
use crate::syntax::{AttrName, Expr, ExprKind, Param};

/// The sides of a stage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Side {
    Param,
    Input,
    Output,
}

/// The words by which functions ask for them.
const WORDS: [(&str, Side); 4] = [
    ("params", Side::Param),
    ("parameters", Side::Param),
    ("inputs", Side::Input),
    ("outputs", Side::Output),
];

impl Side {
    /// That of an argument with this name.
    pub(super) fn of_word(word: Name) -> Option<Side> {
        WORDS.iter().find(|(name, _)| name.as_bytes() == word.bytes()).map(|(_, side)| *side)
    }

    /// As people call one of them.
    pub(super) fn word(self) -> &'static str {
        match self {
            Side::Param => "parameter",
            Side::Input => "input",
            Side::Output => "output",
        }
    }
}

/// A use of a parameter, an input or an output.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub(super) side: Side,
    pub(super) name: Name,
    pub(super) key: Key,
}

/// What the functions of a part use.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses {
    pub(super) list: Vec<Use>,
    /// Sides that are used in ways that don't name what is used: `with params;`, `f params`.
    pub(super) hidden: Vec<Side>,
}

/// What the functions of one part of a stage use.
pub(super) fn uses_of(look: &Look<'_>, stage: &Stage<'_>, part: usize) -> Uses {
    let mut uses = Uses::default();
    let Some(part) = stage.parts.get(part) else { return uses };
    for function in &part.functions {
        in_function(look, *function, &mut uses);
        in_script(look, *function, &mut uses);
    }
    uses
}

fn in_function(look: &Look<'_>, function: Node<'_>, uses: &mut Uses) {
    let ExprKind::Lambda { param, .. } = &function.expr.kind else { return };
    match &**param {
        Param::Name { span, .. } => whole(look, function.text, *span, uses),
        Param::Formals { formals, at, .. } => {
            for formal in formals {
                if let Some(side) = Side::of_word(formal.name) {
                    taken(look, function.text, formal.span, side, uses);
                }
            }
            if let Some((_, span)) = at {
                whole(look, function.text, *span, uses);
            }
        }
    }
}

/// Where the definition at a place is used.
pub(super) fn places_of(look: &Look<'_>, text: usize, definition: Span) -> Vec<Span> {
    let Some(index) = look.index(text) else { return Vec::new() };
    let names = look.text(text).map(|text| &text.checked().names.definitions);
    let found = index.defined(definition).and_then(|at| names?.get(at));
    found.map(|definition| definition.uses.clone()).unwrap_or_default()
}

/// What is taken from the argument that is all parameters, inputs or outputs.
fn taken(look: &Look<'_>, text: usize, argument: Span, side: Side, uses: &mut Uses) {
    let Some(index) = look.index(text) else { return };
    for span in places_of(look, text, argument) {
        match index.taken(span) {
            Some(Taken::Path(path)) => by_path(text, path, side, uses),
            Some(Taken::Names(names)) => {
                let one = |(name, span): &(Name, Span)| Use {
                    side,
                    name: *name,
                    key: Key { text, span: *span },
                };
                uses.list.extend(names.iter().map(one));
            }
            Some(Taken::With) | None => uses.hidden.push(side),
        }
    }
}

fn by_path(text: usize, path: &[AttrName], side: Side, uses: &mut Uses) {
    match path.first().and_then(static_name) {
        Some((name, span)) => uses.list.push(Use { side, name, key: Key { text, span } }),
        None => uses.hidden.push(side),
    }
}

/// What is taken from the argument that is everything: `args.params.x`.
fn whole(look: &Look<'_>, text: usize, argument: Span, uses: &mut Uses) {
    let Some(index) = look.index(text) else { return };
    for span in places_of(look, text, argument) {
        if let Some(Taken::Path(path)) = index.taken(span)
            && let Some((first, rest)) = path.split_first()
            && let Some((word, _)) = static_name(first)
            && let Some(side) = Side::of_word(word)
        {
            by_path(text, rest, side, uses);
        }
    }
}

/// What a script reads from the arrays that it gets.
fn in_script(look: &Look<'_>, function: Node<'_>, uses: &mut Uses) {
    let Some(text) = look.text(function.text) else { return };
    let slice = text.slice(function.expr.span);
    if !WORDS.iter().any(|(word, _)| slice.contains(&format!("{word}["))) {
        return;
    }
    let Some(script) = Located::of(function.expr, &text.file) else { return };
    for (word, side) in WORDS {
        for (name, at) in array_reads(script.text(), word) {
            let span = script.place(at);
            // A name that isn't written as it is meant can't be found in the text.
            if text.slice(span) == name {
                let key = Key { text: function.text, span };
                uses.list.push(Use { side, name: Name::new(name), key });
            }
        }
    }
}

/// Is an expression one of a part's functions?
pub(super) fn is_function_of(function: &Expr, text: usize, stage: &Stage<'_>) -> Option<usize> {
    let wanted = Key { text, span: function.span };
    stage.parts.iter().position(|part| part.functions.iter().any(|known| key(*known) == wanted))
}
