//! Calling a thing otherwise, wherever it is named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Known;
use super::conflicts;
use super::look::{Key, texts_of};
use super::occurrences::Occurrence;
use super::text::Place;
use super::thing::{Scene, Thing};
use crate::source::Span;
use crate::syntax::{Binding, PieceKind, pieces};

/// A text in the place of another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Edit {
    /// What is replaced.
    pub place: Place,
    /// By what.
    pub text: String,
}

/// What is to be renamed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renamed {
    /// The word at the cursor.
    pub place: Place,
    /// Its name now.
    pub name: String,
}

/// Why something can't be renamed, for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl Refusal {
    pub(super) fn of<T>(why: impl Into<String>) -> Result<T, Refusal> {
        Err(Refusal(why.into()))
    }
}

/// What would be renamed at an offset.
///
/// # Errors
/// Why nothing can be.
pub fn renamable(known: &Known<'_>, path: &Path, offset: u32) -> Result<Renamed, Refusal> {
    let texts = texts_of(known, path);
    let scene = Scene::of(&texts, path);
    let Some(scene) = scene else { return Refusal::of(NOTHING) };
    let (_, all) = what(&scene, offset)?;
    let text = scene.look.text(scene.text);
    let here = all.iter().find(|found| holds(found, scene.text, text.map(|t| t.global(offset))));
    let place = here.and_then(|found| scene.look.place(Key { span: found.name, ..found.key }));
    match place.zip(text) {
        Some((place, text)) => {
            let name = text.text().get(place.start as usize..place.end as usize);
            Ok(Renamed { name: name.unwrap_or_default().to_owned(), place })
        }
        None => Refusal::of(NOTHING),
    }
}

const NOTHING: &str = "there is no name here that could be changed";

fn holds(found: &Occurrence, text: usize, at: Option<u32>) -> bool {
    let span = found.key.span;
    found.key.text == text && at.is_some_and(|at| span.start <= at && at <= span.end)
}

/// The edits that call the thing at an offset `name`: in order, none overlapping another.
///
/// # Errors
/// Why it can't be called so.
pub fn rename(
    known: &Known<'_>,
    path: &Path,
    offset: u32,
    name: &str,
) -> Result<Vec<Edit>, Refusal> {
    let texts = texts_of(known, path);
    let Some(scene) = Scene::of(&texts, path) else { return Refusal::of(NOTHING) };
    let (thing, all) = what(&scene, offset)?;
    is_a_name(name)?;
    let old = scene.name_of(&thing).unwrap_or_default();
    if old == name {
        return Ok(Vec::new());
    }
    conflicts::check(&scene, &thing, &all, &old, name)?;
    Ok(edits(&scene, &all, name))
}

/// What can be renamed at an offset, and all its places.
fn what(scene: &Scene<'_>, offset: u32) -> Result<(Thing, Vec<Occurrence>), Refusal> {
    let Some(word) = scene.word(offset) else { return Refusal::of(NOTHING) };
    let Some(thing) = word.things.first() else { return Refusal::of(NOTHING) };
    conflicts::may(scene, thing)?;
    let all = scene.occurrences(thing);
    // A place that stands for something else as well can't be changed for one of them alone.
    match all.iter().any(|found| found.key == word.key) {
        true => Ok((thing.clone(), all)),
        false => Refusal::of(NOTHING),
    }
}

fn is_a_name(name: &str) -> Result<(), Refusal> {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let rest = chars.all(|c| c.is_ascii_alphanumeric() || "_-'".contains(c));
    let word = pieces(name);
    let plain = matches!(word.as_slice(), [piece] if piece.kind == PieceKind::Name);
    if first && rest && plain {
        return Ok(());
    }
    if word.iter().any(|piece| piece.kind == PieceKind::Keyword) && first && rest {
        return Refusal::of(format!("`{name}` is a word of the language"));
    }
    Refusal::of(format!("`{name}` is no name: letters, digits, `_`, `-` and `'`, no digit first"))
}

/// What is to be done with a name of `inherit`.
#[derive(Clone, Copy, Default)]
struct Halves {
    /// Is what it takes renamed?
    taken: bool,
    /// Is what it binds renamed?
    bound: bool,
}

fn edits(scene: &Scene<'_>, all: &[Occurrence], name: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut inherits: BTreeMap<(usize, Span), BTreeMap<Span, Halves>> = BTreeMap::new();
    let mut done = BTreeSet::new();
    for found in all {
        let Some(index) = scene.look.index(found.key.text) else { continue };
        match index.inherit(found.key.span) {
            Some(binding) => {
                let names = inherits.entry((found.key.text, span_of(binding))).or_default();
                let halves = names.entry(found.key.span).or_default();
                halves.bound |= found.definition;
                halves.taken |= !found.definition;
            }
            None if done.insert((found.key.text, found.name)) => {
                let place = scene.look.place(Key { span: found.name, ..found.key });
                edits.extend(place.map(|place| Edit { place, text: name.to_owned() }));
            }
            None => {}
        }
    }
    for ((text, _), names) in &inherits {
        split(scene, *text, names, name, &mut edits);
    }
    edits.sort();
    edits
}

fn span_of(binding: &Binding) -> Span {
    match binding {
        Binding::Assign { span, .. } | Binding::Inherit { span, .. } => *span,
    }
}

/// Takes names out of an `inherit` that shall mean one thing and be called another.
fn split(
    scene: &Scene<'_>,
    number: usize,
    names: &BTreeMap<Span, Halves>,
    new: &str,
    edits: &mut Vec<Edit>,
) {
    let Some(text) = scene.look.text(number) else { return };
    let first = names.keys().next();
    let index = scene.look.index(number);
    let binding = first.zip(index).and_then(|(span, index)| index.inherit(*span));
    let Some(Binding::Inherit { from, names: written, span }) = binding else { return };
    let mut edit = |span: Span, text_of_it: String| {
        edits.push(Edit { place: text.place(span), text: text_of_it });
    };
    let (whole, part): (Vec<_>, Vec<_>) =
        names.iter().partition(|(_, halves)| halves.taken && halves.bound);
    for (name, _) in whole {
        edit(*name, new.to_owned());
    }
    if part.is_empty() {
        return;
    }
    let mut made = String::new();
    for (name, halves) in &part {
        let old = text.slice(**name);
        let (bound, taken) = if halves.bound { (new, old) } else { (old, new) };
        let set = from.as_ref().map(|set| match &set.kind {
            crate::syntax::ExprKind::Var(_) => format!("{}.", text.slice(set.span)),
            _ => format!("({}).", text.slice(set.span)),
        });
        made.push_str(&format!(" {bound} = {}{taken};", set.unwrap_or_default()));
    }
    if part.len() == written.len() {
        edit(*span, made.trim_start().to_owned());
        return;
    }
    for (name, _) in &part {
        let before = text.slice(Span::new(span.start, name.start));
        let blank = before.len() - before.trim_end().len();
        edit(Span::new(name.start - blank as u32, name.end), String::new());
    }
    edit(Span::new(span.end, span.end), made);
}
