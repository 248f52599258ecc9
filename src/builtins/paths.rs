//! From values to paths that can be read: coercion, contexts made real, links, and errors that name the path.

use std::io;
use std::path::{Component, Path as FsPath, PathBuf};

use super::context::ordered;
use super::support::{made, store_dir};
use crate::eval::{Coercion, Eval, Evaluator, words};
use crate::source::Span;
use crate::store::{ContextElement, ContextPath, StorePath};
use crate::value::{Context, Error, Path, Slot, Value};
use crate::world::{Keeper, Wanted};

/// Links followed before giving up, as in Nix.
const MOST_LINKS: usize = 1024;

/// A value as a path: itself, or an absolute string (Nix's `coerceToPath`).
pub(super) fn path_of<'h>(
    ev: &mut Evaluator<'h>,
    slot: Slot<'h>,
    at: Span,
) -> Eval<'h, (Path<'h>, Context<'h>)> {
    let value = ev.force(slot)?;
    if let Value::Path(path) = value {
        return Ok((path, Context::EMPTY));
    }
    if let Value::Attrs(attrs) = value
        && let Some(to_string) = attrs.get(words().to_string)
    {
        ev.check_stack()?;
        let function = ev.force(to_string)?;
        let inner = ev.call(function, &[Slot::Value(value)], at)?;
        return path_of(ev, Slot::Value(inner), at);
    }
    let text = ev.coerce(value, Coercion::PATH)?.into_text(ev.local);
    if !text.bytes().starts_with(b"/") {
        let shown = text.lossy();
        let message = format!("string '{shown}' doesn't represent an absolute path");
        return Err(ev.error_at(at, message));
    }
    Ok((Path::new(ev.local, text.bytes()), text.context()))
}

/// A value as a path that is there to be read: what its context names has been built or written.
pub(super) fn readable<'h>(ev: &mut Evaluator<'h>, slot: Slot<'h>, at: Span) -> Eval<'h, Path<'h>> {
    let found = path_of(ev, slot, at).and_then(|(path, context)| {
        realise(ev, context, at)?;
        Ok(path)
    });
    ev.framed(found, at, || "while realising the context of a path".to_owned())
}

/// Makes sure that what a context names can be read.
pub(super) fn realise<'h>(ev: &mut Evaluator<'h>, context: Context<'h>, at: Span) -> Eval<'h, ()> {
    for element in ordered(context) {
        match element {
            // Programs of the machine are found when they are run.
            ContextElement::Opaque(ContextPath::Virtual(_)) => {}
            ContextElement::Opaque(ContextPath::Store(path)) | ContextElement::DrvDeep(path) => {
                must_be_there(ev, path, at)?;
            }
            ContextElement::Built { drv, output } => built(ev, drv, output, at)?,
        }
    }
    Ok(())
}

fn must_be_there<'h>(ev: &Evaluator<'h>, path: &StorePath, at: Span) -> Eval<'h, ()> {
    if is_valid(ev, path) {
        return Ok(());
    }
    // Perhaps another store has it, and Nix knows how to get it from there.
    ev.in_turn()?;
    let keeper = ev.shared.world.keeper();
    if keeper.is_some_and(|keeper| keeper.realise(made(ev), Wanted::Path(path)).is_ok()) {
        return Ok(());
    }
    Err(ev.error_at(at, format!("path '{}' is not valid", store_dir().print(path))))
}

fn built<'h>(ev: &mut Evaluator<'h>, drv: &StorePath, output: &str, at: Span) -> Eval<'h, ()> {
    let derivation = super::derivation::known(ev, drv, at)?;
    let path = derivation.output_path(&store_dir(), output).ok().flatten();
    // Where evaluation may not build, it doesn't matter what somebody has built before.
    let may_look = ev.shared.world.keeper().is_none_or(Keeper::may_build);
    if may_look && path.is_some_and(|path| is_valid(ev, &path)) {
        return Ok(());
    }
    let loader = ev.shared.loader;
    loader.build(ev, drv, output, at)
}

/// Is there something at a store path already, made by us or not? What Nix is still writing
/// has a lock beside it.
pub(super) fn is_valid(ev: &Evaluator<'_>, path: &StorePath) -> bool {
    let shown = store_dir().print(path);
    let there = |path: &str| matches!(ev.shared.world.kind(FsPath::new(path)), Ok(Some(_)));
    there(&shown) && !there(&format!("{shown}.lock"))
}

/// The bytes of a file.
pub(super) fn read<'h>(ev: &Evaluator<'h>, path: Path<'h>, at: Span) -> Eval<'h, Vec<u8>> {
    let bytes = ev.shared.world.read_file(path.as_path());
    bytes.map_err(|error| unreadable(ev, at, "read", path.as_path(), &error))
}

/// The error for a path that the machine doesn't give us. `verb` says what was tried.
#[cold]
pub(super) fn unreadable<'h>(
    ev: &Evaluator<'h>,
    at: Span,
    verb: &str,
    path: &FsPath,
    error: &io::Error,
) -> Error<'h> {
    if error.kind() == io::ErrorKind::NotFound {
        return missing(ev, at, path);
    }
    let shown = path.display();
    ev.error_at(at, format!("cannot {verb} '{shown}': {}", reason(error)))
}

/// The error for a path where nothing is.
#[cold]
pub(super) fn missing<'h>(ev: &Evaluator<'h>, at: Span, path: &FsPath) -> Error<'h> {
    ev.error_at(at, format!("path '{}' does not exist", path.display()))
}

/// What the system says, without the number Rust adds.
pub(super) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    let text = text.get(..end).unwrap_or(&text);
    // Errors made without the system begin in lower case.
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// The path with all links in it followed, its last part included. What isn't there stays as it is.
pub(super) fn follow_links<'h>(ev: &Evaluator<'h>, path: &FsPath, at: Span) -> Eval<'h, PathBuf> {
    let mut done = PathBuf::from("/");
    let mut left: Vec<PathBuf> = parts(path);
    let mut links = 0;
    while let Some(part) = left.pop() {
        match part.components().next() {
            Some(Component::ParentDir) => {
                done.pop();
            }
            Some(Component::Normal(_)) => {
                done.push(&part);
                let Ok(target) = ev.shared.world.read_link(&done) else {
                    continue;
                };
                links += 1;
                if links > MOST_LINKS {
                    let shown = path.display();
                    let message = format!("infinite symlink recursion in path '{shown}'");
                    return Err(ev.error_at(at, message));
                }
                done.pop();
                if target.is_absolute() {
                    done = PathBuf::from("/");
                }
                left.extend(parts(&target));
            }
            Some(Component::RootDir | Component::CurDir | Component::Prefix(_)) | None => {}
        }
    }
    Ok(done)
}

/// The parts of a path, last first.
fn parts(path: &FsPath) -> Vec<PathBuf> {
    let parts = path.components().rev();
    parts.map(|part| PathBuf::from(part.as_os_str())).collect()
}
