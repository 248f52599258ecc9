//! Values of parameters.

use std::sync::Arc;

use super::hidden::{Hidden, origin};
use crate::builtins::to_json::{JsonOptions, to_json};
use crate::diagnostic::Diagnostic;
use crate::eval::{Coercion, Eval, Evaluator, words};
use crate::value::{ContextSum, Error, Local, Slot, Value};

/// Values of an axis between two looks whether the user wants to stop.
const LOOK_EACH: usize = 1 << 12;

/// A parameter's value: as Nix has it, and as text.
#[derive(Clone, Debug)]
pub struct Datum<'h> {
    /// For the lab's functions.
    pub slot: Slot<'h>,
    /// Canonical JSON: names sorted, numbers as Nix writes them, paths as their copies in the
    /// store. Two values are the same when their texts are.
    pub json: Arc<str>,
    /// What that doesn't tell.
    pub hidden: Hidden,
}

impl<'h> Datum<'h> {
    /// Reads a value whole.
    ///
    /// # Errors
    /// When evaluation fails, or there is a function in it; see [`Datum::is_function`].
    pub fn read(evaluator: &mut Evaluator<'h>, slot: Slot<'h>) -> Eval<'h, Datum<'h>> {
        let value = evaluator.force_deep(slot)?;
        let json = json_text(evaluator, value)?;
        // JSON writes `null` for these: jobs would be taken for one another.
        if json.contains("null")
            && let Some(float) = not_finite(evaluator, value)
        {
            return Err(no_number(evaluator, float));
        }
        // Found out now, not when a script is made: a value that has no text is no parameter.
        word(evaluator, value, Some(&json))?;
        let slot = Slot::Value(value);
        Ok(Datum { slot, json: json.into(), hidden: Hidden::of(evaluator, slot) })
    }
}

/// A value as it stands in a script: a string is one shell word, a number the shortest text that
/// means it, null nothing, a list its items with spaces between, a set its JSON.
///
/// # Errors
/// None for a value that [`Datum::read`] has read.
pub fn script_word<'h>(
    evaluator: &mut Evaluator<'h>,
    slot: Slot<'h>,
    json: &str,
) -> Eval<'h, String> {
    let value = evaluator.force(slot)?;
    word(evaluator, value, Some(json))
}

/// The values of a parameter on an axis.
#[derive(Clone, Debug, Default)]
pub struct Values<'h> {
    slots: &'h [Slot<'h>],
    /// Canonical JSON of each.
    texts: Arc<Texts>,
    /// What that doesn't tell.
    hidden: Hidden,
}

/// An item of a list that is no value of a parameter.
pub enum NoValue<'h> {
    /// A function, at this index.
    Function(usize),
    /// It can't be read.
    Failed(usize, Error<'h>),
}

impl<'h> Values<'h> {
    /// Reads all items of a list; see [`Datum::read`].
    ///
    /// # Errors
    /// The first that is no value.
    pub fn read(
        evaluator: &mut Evaluator<'h>,
        items: &'h [Slot<'h>],
    ) -> Result<Values<'h>, NoValue<'h>> {
        let (mut texts, mut hidden) = (Texts::default(), Hidden::default());
        for (at, item) in items.iter().enumerate() {
            let failed = |error| NoValue::Failed(at, error);
            if at % LOOK_EACH == LOOK_EACH - 1 {
                evaluator.check_interrupt().map_err(failed)?;
            }
            match evaluator.force(*item) {
                Ok(Value::Int(int)) => texts.push(itoa::Buffer::new().format(int)),
                Ok(value) if Datum::is_function(value) => return Err(NoValue::Function(at)),
                Ok(_) | Err(_) => {
                    let datum = Datum::read(evaluator, *item).map_err(failed)?;
                    texts.push(&datum.json);
                    hidden = hidden.and(datum.hidden);
                }
            }
        }
        texts.shrink();
        Ok(Values { slots: items, texts: Arc::new(texts), hidden })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// None?
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Those at these places.
    #[must_use]
    pub fn picked(&self, local: Local<'h>, places: &[usize]) -> Values<'h> {
        let slots: Vec<Slot<'h>> =
            places.iter().filter_map(|place| self.slots.get(*place)).copied().collect();
        let texts: Texts = places.iter().filter_map(|place| self.texts.get(*place)).collect();
        Values { slots: local.slice(&slots), texts: Arc::new(texts), hidden: self.hidden }
    }

    /// One of them.
    pub fn get(&self, index: usize) -> Option<(Slot<'h>, &str)> {
        Some((*self.slots.get(index)?, self.texts.get(index)?))
    }

    /// Their canonical JSON.
    pub fn texts(&self) -> &Arc<Texts> {
        &self.texts
    }

    /// Are all of them integers, each larger than the one before?
    pub fn ascending(&self) -> bool {
        self.slots.windows(2).all(|pair| match pair {
            [a, b] => match (a.known(), b.known()) {
                (Some(Value::Int(a)), Some(Value::Int(b))) => a < b,
                _ => false,
            },
            _ => false,
        })
    }

    /// What their JSON doesn't tell.
    pub fn hidden(&self) -> Hidden {
        self.hidden
    }

    /// Where each of them leads that is a path; nothing if none does.
    pub fn origins(&self) -> Option<Arc<Texts>> {
        self.hidden.origins.then(|| Arc::new(self.slots.iter().map(|slot| origin(*slot)).collect()))
    }

    /// The integers that they are, if each is larger than the one before: ranges of neighbours, both
    /// ends included, unless there are more than `most`.
    pub fn ranges(&self, most: usize) -> Option<Vec<(i64, i64)>> {
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        for slot in self.slots {
            let Some(Value::Int(int)) = slot.known() else { return None };
            let many = ranges.len() == most;
            match ranges.last_mut() {
                Some((_, last)) if *last >= int => return None,
                Some((_, last)) if last.checked_add(1) == Some(int) => *last = int,
                Some(_) if many => return None,
                Some(_) | None => ranges.push((int, int)),
            }
        }
        Some(ranges)
    }

    /// Is a value one that no function can tell from another with the same JSON?
    pub fn is_plain(&self, index: usize) -> bool {
        self.slots.get(index).is_some_and(|slot| is_plain(*slot))
    }
}

/// Many texts, one after the other in one piece of memory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Texts {
    all: String,
    ends: Ends,
}

/// Where many things end that stand one after the other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ends {
    /// The lower halves of the places.
    ends: Vec<u32>,
    /// The first thing whose end has the upper half 1, 2, and so on. Most often there is none.
    wraps: Vec<usize>,
}

impl Ends {
    /// The next one ends here.
    pub fn push(&mut self, end: usize) {
        let end = end as u64;
        while (self.wraps.len() as u64) < end >> u32::BITS {
            self.wraps.push(self.ends.len());
        }
        self.ends.push(end as u32);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// None?
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    #[inline]
    fn end(&self, index: usize) -> Option<usize> {
        let low = *self.ends.get(index)? as usize;
        let high = self.wraps.iter().take_while(|first| **first <= index).count();
        Some(high << u32::BITS | low)
    }

    /// Where one of them stands.
    #[inline]
    pub fn range(&self, index: usize) -> Option<std::ops::Range<usize>> {
        let start = match index.checked_sub(1) {
            Some(before) => self.end(before)?,
            None => 0,
        };
        Some(start..self.end(index)?)
    }

    /// Gives back room that is not needed.
    pub fn shrink(&mut self) {
        self.ends.shrink_to_fit();
    }
}

impl Texts {
    /// Adds a text.
    pub fn push(&mut self, text: &str) {
        self.all.push_str(text);
        self.ends.push(self.all.len());
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// None?
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// One of them.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&str> {
        self.all.get(self.ends.range(index)?)
    }

    /// Gives back room that is not needed.
    pub fn shrink(&mut self) {
        self.all.shrink_to_fit();
        self.ends.shrink();
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Texts {
        let mut all = Texts::default();
        texts.into_iter().for_each(|text| all.push(text.as_ref()));
        all
    }
}

impl Datum<'_> {
    /// Where it leads, if it is a path; of others nothing.
    pub fn origin(&self) -> String {
        origin(self.slot)
    }

    /// Is a value one that no parameter can have?
    pub fn is_function(value: Value<'_>) -> bool {
        matches!(value, Value::Lambda(_) | Value::Builtin(_) | Value::Partial(_))
    }
}

fn is_plain(slot: Slot<'_>) -> bool {
    match slot.known() {
        Some(value) => match value {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => true,
            Value::Text(text) => {
                text.context().is_empty() && std::str::from_utf8(text.bytes()).is_ok()
            }
            Value::Path(_)
            | Value::List(_)
            | Value::Attrs(_)
            | Value::Lambda(_)
            | Value::Builtin(_)
            | Value::Partial(_) => false,
        },
        None => false,
    }
}

/// A number in a value that has been evaluated whole which JSON can't write.
fn not_finite<'h>(evaluator: &Evaluator<'h>, value: Value<'h>) -> Option<f64> {
    let within = |slot: Slot<'h>| not_finite(evaluator, slot.known()?);
    match value {
        Value::Float(float) => Some(float.get()).filter(|float| !float.is_finite()),
        Value::List(list) => list.items().iter().find_map(|item| within(*item)),
        // Written as a string, whatever else is in it (itself, for one).
        Value::Attrs(attrs) if attrs.has(words().out_path) || attrs.has(words().to_string) => None,
        Value::Attrs(attrs) => attrs.iter(evaluator.local).find_map(|attr| within(attr.slot)),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Text(_)
        | Value::Path(_)
        | Value::Lambda(_)
        | Value::Builtin(_)
        | Value::Partial(_) => None,
    }
}

#[cold]
fn no_number<'h>(evaluator: &Evaluator<'h>, float: f64) -> Error<'h> {
    let what = if float.is_nan() { "not a number" } else { "infinite" };
    let message = format!("a parameter can't be a number that is {what}");
    let wrong = Diagnostic::error("repx::lab::parameter-not-a-number", message);
    evaluator
        .error_with(wrong.help("jobs are told apart by JSON, which can't write it: use a string"))
}

fn json_text<'h>(evaluator: &mut Evaluator<'h>, value: Value<'h>) -> Eval<'h, String> {
    let (mut bytes, mut context) = (Vec::new(), ContextSum::default());
    let slot = Slot::Value(value);
    to_json(evaluator, slot, JsonOptions::TO_JSON, &mut bytes, &mut context)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// `json` is that of the value, where it is known.
fn word<'h>(
    evaluator: &mut Evaluator<'h>,
    value: Value<'h>,
    json: Option<&str>,
) -> Eval<'h, String> {
    let json = |evaluator: &mut Evaluator<'h>| match json {
        Some(json) => Ok(json.to_owned()),
        None => json_text(evaluator, value),
    };
    Ok(match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Int(_) => json(evaluator)?,
        Value::Float(_) => {
            // Nix's JSON writes 2.0 for a whole float; scripts get what a person would write.
            let json = json(evaluator)?;
            json.strip_suffix(".0").unwrap_or(&json).to_owned()
        }
        Value::Text(_) | Value::Path(_) => {
            let text = evaluator.coerce(value, Coercion::INTERPOLATION)?;
            shell_word(&String::from_utf8_lossy(text.bytes()))
        }
        Value::List(list) => {
            let mut words = Vec::with_capacity(list.len());
            for item in list.items() {
                let item = evaluator.force(*item)?;
                words.push(word(evaluator, item, None)?);
            }
            words.join(" ")
        }
        Value::Attrs(_) => {
            let json = json(evaluator)?;
            match json.starts_with('"') {
                // A derivation, or what says how it is a string: its path.
                true => {
                    let text = evaluator.coerce(value, Coercion::INTERPOLATION)?;
                    shell_word(&String::from_utf8_lossy(text.bytes()))
                }
                false => shell_word(&json),
            }
        }
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
