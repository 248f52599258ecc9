//! `-A a.b.0`: from a value to something within it.

use super::auto_call::auto_call;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::eval::{Eval, Evaluator};
use crate::source::{Name, Span};
use crate::value::{Attrs, Error, List, Slot, Value};

/// What stands at a path within a value; functions on the way are called.
pub(super) fn find<'h>(
    ev: &mut Evaluator<'h>,
    arguments: Attrs<'h>,
    root: Value<'h>,
    path: &str,
) -> Eval<'h> {
    let Some(steps) = parse(path) else {
        return Err(wrong(ev, format!("missing closing quote in selection path '{path}'"), None));
    };
    let mut value = root;
    for step in steps {
        let from = auto_call(ev, arguments, value)?;
        let slot = match (step.parse::<u32>(), from) {
            (Ok(index), Value::List(list)) => item(ev, list, index, path)?,
            (Ok(_), other) => return Err(should_be(ev, path, "a list", other)),
            (Err(_), Value::Attrs(attrs)) => attribute(ev, attrs, &step, path)?,
            (Err(_), other) => return Err(should_be(ev, path, "a set", other)),
        };
        value = ev.force(slot)?;
    }
    Ok(value)
}

fn item<'h>(ev: &Evaluator<'h>, list: List<'h>, index: u32, path: &str) -> Eval<'h, Slot<'h>> {
    list.items().get(index as usize).copied().ok_or_else(|| {
        let message = format!("list index {index} in selection path '{path}' is out of range");
        let help = match list.len() {
            0 => "the list is empty".to_owned(),
            length => format!("the last index is {}", length - 1),
        };
        wrong(ev, message, Some(help))
    })
}

fn attribute<'h>(
    ev: &Evaluator<'h>,
    attrs: Attrs<'h>,
    name: &str,
    path: &str,
) -> Eval<'h, Slot<'h>> {
    if name.is_empty() {
        let message = format!("empty attribute name in selection path '{path}'");
        return Err(wrong(ev, message, None));
    }
    attrs.get(Name::new(name)).ok_or_else(|| {
        let message = format!("attribute '{name}' in selection path '{path}' not found");
        let names = attrs.iter(ev.local).map(|attr| attr.key.name.text());
        wrong(ev, message, did_you_mean(name, names))
    })
}

/// The names of a path; nothing if a quote is left open. Quotes protect dots.
fn parse(path: &str) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    let mut step = String::new();
    let mut quoted = false;
    for c in path.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => steps.push(std::mem::take(&mut step)),
            c => step.push(c),
        }
    }
    if !step.is_empty() {
        steps.push(step);
    }
    (!quoted).then_some(steps)
}

fn should_be<'h>(ev: &Evaluator<'h>, path: &str, wanted: &str, got: Value<'h>) -> Error<'h> {
    let message = format!(
        "the expression selected by the selection path '{path}' should be {wanted} but is {}",
        got.a_type()
    );
    wrong(ev, message, None)
}

/// The path is wrong, not the code: no place in it is to blame.
fn wrong<'h>(ev: &Evaluator<'h>, message: String, help: Option<String>) -> Error<'h> {
    ev.error_with(told(message, help).at(Span::NONE, ""))
}

fn told(message: String, help: Option<String>) -> Diagnostic {
    Diagnostic::error("repx::cli::attribute-path", message).maybe_help(help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::golden::reads_well;

    #[test]
    fn a_wrong_path_is_told() {
        let message = "attribute 'epohcs' in selection path 'epohcs' not found";
        reads_well(&told(message.to_owned(), did_you_mean("epohcs", ["epochs"])));
    }

    #[test]
    fn paths_are_split_at_dots_outside_quotes() {
        let parsed = |path| parse(path).map(|steps| steps.join("|"));
        assert_eq!(parsed("a.b.0").as_deref(), Some("a|b|0"));
        assert_eq!(parsed("a.\"b.c\".d").as_deref(), Some("a|b.c|d"));
        assert_eq!(parsed("").as_deref(), Some(""));
        assert_eq!(parsed("a..b").as_deref(), Some("a||b"));
        assert_eq!(parsed("a.\"b"), None);
    }
}
