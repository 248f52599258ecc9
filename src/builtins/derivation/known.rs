//! Finding a derivation by its path.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::support::{store_dir, wrap};
use crate::eval::{Eval, Evaluator};
use crate::source::Span;
use crate::store::{Derivation, StorePath};

/// The derivation at a path: one that was made here, or one that the store holds already. In the
/// latter case it becomes known, and so do all derivations it needs.
pub(in super::super) fn known<'h>(
    ev: &Evaluator<'h>,
    path: &StorePath,
    at: Span,
) -> Eval<'h, Arc<Derivation>> {
    make_known(ev, path, at)?;
    let found = ev.shared.derivations.get(path);
    found.ok_or_else(|| not_valid(ev, path, at))
}

/// Makes a derivation known, or what stands for it in the hashes of those that need it.
pub(super) fn make_known<'h>(ev: &Evaluator<'h>, path: &StorePath, at: Span) -> Eval<'h, ()> {
    let mut open = vec![path.clone()];
    // A derivation stays on the stack until those it needs are known.
    while let Some(next) = open.last().cloned() {
        if ev.shared.derivations.has(&next) {
            open.pop();
            continue;
        }
        let derivation = read(ev, &next, at)?;
        let inputs = derivation.input_drvs.keys();
        let unknown: Vec<StorePath> =
            inputs.filter(|input| !ev.shared.derivations.has(input)).cloned().collect();
        if unknown.is_empty() {
            wrap(ev, at, ev.shared.derivations.keep(&store_dir(), next, derivation))?;
            open.pop();
        } else {
            open.extend(unknown);
        }
    }
    Ok(())
}

/// Reads a derivation from its file in the store. A file can't need itself: its path is made of
/// its content.
fn read<'h>(ev: &Evaluator<'h>, path: &StorePath, at: Span) -> Eval<'h, Derivation> {
    let Some(name) = path.derivation_name() else {
        let shown = store_dir().print(path);
        return Err(ev.error_at(at, format!("path '{shown}' is not a derivation")));
    };
    let file = PathBuf::from(store_dir().print(path));
    let text = ev.shared.world.read_file(&file);
    let text = text.map_err(|_| not_valid(ev, path, at))?;
    wrap(ev, at, Derivation::parse(&store_dir(), name, &text))
}

fn not_valid<'h>(ev: &Evaluator<'h>, path: &StorePath, at: Span) -> crate::value::Error<'h> {
    let shown = store_dir().print(path);
    ev.error_at(at, format!("path '{shown}' is not valid"))
}
