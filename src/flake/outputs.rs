//! Finding something among the outputs of a flake.

use crate::eval::{Eval, Evaluator};
use crate::source::Name;
use crate::value::{Attrs, Slot, Value};

/// The paths at which an output is looked for, in order: as Nix does for `.#name`.
pub fn places(output: &str, system: &str) -> Vec<Vec<String>> {
    let name = parse(output);
    let within = |set: &str| {
        let prefix = [set.to_owned(), system.to_owned()];
        prefix.into_iter().chain(name.iter().cloned()).collect()
    };
    vec![within("packages"), within("legacyPackages"), name.clone()]
}

/// The names of a path; quotes protect dots.
fn parse(path: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut quoted = false;
    for c in path.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => names.push(String::new()),
            c => {
                if let Some(name) = names.last_mut() {
                    name.push(c);
                }
            }
        }
    }
    names
}

/// The outputs of a flake's value.
///
/// # Errors
/// When evaluating them fails.
pub fn outputs<'h>(ev: &mut Evaluator<'h>, flake: Value<'h>) -> Eval<'h, Attrs<'h>> {
    let flake = ev.attrs(Slot::Value(flake))?;
    let outputs = ev.attribute(flake, Name::new("outputs"))?;
    ev.attrs(outputs)
}

/// What stands at a path; `None` if nothing does.
///
/// # Errors
/// When evaluating what is on the way fails.
pub fn select<'h>(
    ev: &mut Evaluator<'h>,
    outputs: Attrs<'h>,
    path: &[String],
) -> Eval<'h, Option<Value<'h>>> {
    let mut value = Value::Attrs(outputs);
    for name in path {
        let Value::Attrs(attrs) = value else {
            return Ok(None);
        };
        let Some(slot) = attrs.get(Name::new(name.as_str())) else {
            return Ok(None);
        };
        value = ev.force(slot)?;
    }
    Ok(Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_for_in_three_sets() {
        let shown: Vec<String> =
            places("a.\"b.c\"", "sys").iter().map(|path| path.join("|")).collect();
        assert_eq!(shown, ["packages|sys|a|b.c", "legacyPackages|sys|a|b.c", "a|b.c"]);
    }
}
