//! What was made goes into the store, where nix-instantiate would have put it.

use super::Output;
use crate::builtins::made;
use crate::cli::arguments::InstantiateOptions;
use crate::diagnostic::Diagnostic;
use crate::eval::Evaluator;
use crate::store::StorePath;
use crate::world::{KeeperError, Made};

/// Registers the derivations that are to be printed, and on request all that was made. When that fails they are
/// not printed: who reads their paths expects to find them.
pub(super) fn register(
    evaluator: &Evaluator<'_>,
    options: &InstantiateOptions,
    output: &mut Output,
) {
    if options.readonly_mode || (options.eval && !options.read_write_mode) {
        return;
    }
    let made = made(evaluator);
    let paths: Vec<StorePath> = if options.eval {
        [made.derivations.paths(), made.objects.paths()].concat()
    } else {
        output.roots.iter().map(|(path, _)| path.clone()).collect()
    };
    if let Err(error) = written(made, &paths, output) {
        output.error.get_or_insert_with(|| described(&error));
        if !options.eval {
            output.text.clear();
        }
    }
}

fn written(made: Made<'_>, paths: &[StorePath], output: &Output) -> Result<(), KeeperError> {
    let Some(keeper) = made.world.keeper().filter(|_| !paths.is_empty()) else {
        return Ok(());
    };
    keeper.register(made, paths)?;
    let links = output.roots.iter().filter_map(|(path, link)| link.as_ref().map(|l| (path, l)));
    links.into_iter().try_for_each(|(path, link)| keeper.add_root(link, path))
}

fn described(error: &KeeperError) -> Diagnostic {
    let diagnostic = error.diagnostic();
    match (error, &diagnostic.help) {
        (KeeperError::NoNix { .. } | KeeperError::ReadOnly { .. }, Some(help)) => {
            let help = format!("{help}; with --dry-run nothing is written");
            diagnostic.help(help)
        }
        _ => diagnostic,
    }
}
