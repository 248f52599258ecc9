//! `DIR#NAME`: an output of a flake.

use crate::cli::entry;
use crate::diagnostic::Diagnostic;
use crate::eval::{Eval, Evaluator};
use crate::flake::outputs::{outputs, places, select};
use crate::flake::{Substitutes, call, placed};
use crate::session::SYSTEM;

/// The value of an output, or of the default one.
pub(super) fn output<'h>(ev: &mut Evaluator<'h>, text: &str) -> Eval<'h> {
    let (reference, name) = entry::flake(text).map_err(|wrong| placed(ev, wrong))?;
    let flake = call(ev, &reference, &Substitutes::default())?;
    let outputs = outputs(ev, flake.value)?;
    let mut looked = match name.as_str() {
        "" => places("default", SYSTEM).into_iter().take(1).collect(),
        name => places(name, SYSTEM),
    };
    if name.is_empty() {
        looked.push(vec!["defaultPackage".to_owned(), SYSTEM.to_owned()]);
    }
    for place in &looked {
        if let Some(value) = select(ev, outputs, place)? {
            return Ok(value);
        }
    }
    let shown: Vec<String> = looked.iter().map(|path| format!("'{}'", path.join("."))).collect();
    let (flake, _) = text.split_once('#').unwrap_or((text, ""));
    let message = format!("flake '{flake}' does not provide attribute {}", shown.join(", "));
    Err(placed(ev, Diagnostic::error("repx::flake::no-output", message)))
}
