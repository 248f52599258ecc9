//! `--parse`: the syntax tree, if there is nothing wrong with it.

use std::path::PathBuf;

use super::{Input, Output};
use crate::cli::setup;
use crate::diagnostic::{Diagnostic, Severity};
use crate::eval::{Coercion, Evaluator};
use crate::session::{Config, Session};
use crate::syntax::print::{Bases, print as print_tree};

/// A text, where it stands, and where its relative paths begin.
struct Text {
    path: PathBuf,
    bytes: Vec<u8>,
    directory: PathBuf,
}

/// Prints the trees of all inputs, up to the first that is no Nix expression.
pub(super) fn print<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    inputs: &[Input<'_>],
    config: &Config<'_>,
) -> Output {
    let mut output = Output::default();
    for input in inputs {
        let text = match text_of(session, evaluator, input) {
            Ok(text) => text,
            Err(error) => {
                output.error = Some(*error);
                break;
            }
        };
        let Text { path, bytes, directory } = text;
        let (tree, diagnostics) = session.tree(evaluator, path, bytes, &directory);
        output.error = diagnostics.into_iter().find(|d| d.severity == Severity::Error);
        if let Some(tree) = tree.filter(|_| output.error.is_none()) {
            let bases = Bases { directory: &directory, home: config.home.as_deref() };
            output.text.extend(print_tree(&tree.root, bases).into_bytes());
            output.text.push(b'\n');
        } else {
            break;
        }
    }
    output
}

fn text_of<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    input: &Input<'_>,
) -> Result<Text, Box<Diagnostic>> {
    let directory = setup::current_directory();
    match input {
        Input::Text(text, name) => {
            Ok(Text { path: name.into(), bytes: text.clone().into_bytes(), directory })
        }
        Input::File(file) => read(setup::absolute(file)),
        Input::Found(path) => {
            let path = session.expression(evaluator, path, &directory);
            let path = path.and_then(|path| evaluator.coerce(path, Coercion::PATH));
            let path = path.map_err(|error| Box::new(error.diagnostic()))?;
            read(PathBuf::from(String::from_utf8_lossy(path.bytes()).into_owned()))
        }
    }
}

fn read(mut path: PathBuf) -> Result<Text, Box<Diagnostic>> {
    if path.is_dir() {
        path.push("default.nix");
    }
    let directory = path.parent().unwrap_or(&path).to_owned();
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Text { path, bytes, directory }),
        Err(error) => {
            let message = format!("cannot read '{}': {error}", path.display());
            Err(Diagnostic::error("repx::eval::unreadable", message).into())
        }
    }
}
