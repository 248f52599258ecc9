//! Values of parameters.

use std::sync::Arc;

use crate::builtins::to_json::{JsonOptions, to_json};
use crate::eval::{Coercion, Eval, Evaluator};
use crate::value::{ContextSum, Slot, Value};

/// A parameter's value: as Nix has it, and as text.
#[derive(Clone, Debug)]
pub struct Datum<'h> {
    /// For the lab's functions.
    pub slot: Slot<'h>,
    /// Canonical JSON: names sorted, numbers as Nix writes them, paths as their copies in the
    /// store. Two values are the same when their texts are.
    pub json: Arc<str>,
    /// As it stands in a script: shell-escaped (see [`Datum::read`]).
    pub word: Arc<str>,
}

impl<'h> Datum<'h> {
    /// Reads a value whole. In scripts a string is one shell word, a number the shortest text
    /// that means it, null nothing, a list its items with spaces between, a set its JSON.
    ///
    /// # Errors
    /// When evaluation fails, or there is a function in it; see [`Datum::is_function`].
    pub fn read(evaluator: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, Datum<'h>> {
        let value = evaluator.force_deep(slot)?;
        let json = json_text(evaluator, value)?;
        let word = word(evaluator, value, &json)?;
        Ok(Datum { slot: Slot::Value(value), json: json.into(), word: word.into() })
    }
}

impl Datum<'_> {
    /// Is a value one that no parameter can have?
    pub fn is_function(value: Value<'_>) -> bool {
        matches!(value, Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_))
    }
}

fn json_text<'h>(evaluator: &mut Evaluator<'h>, value: Value<'h>) -> Eval<'h, String> {
    let (mut bytes, mut context) = (Vec::new(), ContextSum::default());
    let slot = Slot::Value(value);
    to_json(evaluator, slot, JsonOptions::TO_JSON, &mut bytes, &mut context)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn word<'h>(evaluator: &mut Evaluator<'h>, value: Value<'h>, json: &str) -> Eval<'h, String> {
    Ok(match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Int(_) => json.to_owned(),
        // Nix's JSON writes 2.0 for a whole float; scripts get what a person would write.
        Value::Float(_) => json.strip_suffix(".0").unwrap_or(json).to_owned(),
        Value::Text(_) | Value::Path(_) => {
            let text = evaluator.coerce(value, Coercion::INTERPOLATION)?;
            shell_word(&String::from_utf8_lossy(text.bytes()))
        }
        Value::List(list) => {
            let mut words = Vec::with_capacity(list.len());
            for item in list.items() {
                let item = evaluator.force(*item)?;
                let json = json_text(evaluator, item)?;
                words.push(word(evaluator, item, &json)?);
            }
            words.join(" ")
        }
        Value::Attrs(_) => match json.starts_with('"') {
            // A derivation, or what says how it is a string: its path.
            true => {
                let text = evaluator.coerce(value, Coercion::INTERPOLATION)?;
                shell_word(&String::from_utf8_lossy(text.bytes()))
            }
            false => shell_word(json),
        },
        Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_) => String::new(),
    })
}

/// A text as one word of the shell, quoted only when it must be.
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || ",._+:@%/-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn words_survive_the_shell() {
        for (text, expected) in [
            ("adam", "adam"),
            ("a/b.c:1", "a/b.c:1"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's", "'it'\\''s'"),
            ("a\nb", "'a\nb'"),
            ("$HOME", "'$HOME'"),
            ("é", "'é'"),
        ] {
            assert_eq!(shell_word(text), expected);
        }
    }
}
