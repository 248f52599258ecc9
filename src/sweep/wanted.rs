//! What is asked for of a lab's jobs, and what words for values mean.
//!
//! A word that reads as JSON means that value first: `1.5` the number, however it is written, `null` null, `"null"`
//! the text. Where the parameter never has that value, the word means the text as it stands; and where there is no
//! such text either, a path in the store that ends in it. So a bare `1.5` finds the text where only that is there,
//! and what a lab has of both is told apart.

use super::counts::Wanted;
use super::keys;
use crate::lab::{Lab, Texts};

/// A parameter, and words for values of it of which any will do.
pub type Asked = (String, Vec<String>);

/// Which jobs are asked for; of an empty list all are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selection {
    /// Runs, and groups after an `@`.
    pub runs: Vec<String>,
    /// Stages, by their names in the pipeline or by `pname`.
    pub stages: Vec<String>,
    /// Values of parameters.
    pub params: Vec<Asked>,
}

/// Values that a parameter has somewhere, as canonical JSON.
#[derive(Clone, Copy, Debug)]
pub enum Known<'v> {
    /// This one.
    One(&'v str),
    /// These.
    Many(&'v Texts),
}

impl Selection {
    /// Is everything asked for?
    pub fn is_all(&self) -> bool {
        self.runs.is_empty() && self.stages.is_empty() && self.params.is_empty()
    }
}

impl<'v> Known<'v> {
    /// The values, as canonical JSON.
    pub fn texts(self) -> impl Iterator<Item = &'v str> {
        let (one, many) = match self {
            Known::One(text) => (Some(text), None),
            Known::Many(texts) => (None, Some(texts)),
        };
        one.into_iter().chain(many.into_iter().flat_map(Texts::iter))
    }
}

/// The texts that a word stands for, given the values that there are; where it means none of them, all that it
/// might mean.
pub fn meant(word: &str, known: &[Known<'_>]) -> Vec<String> {
    let text = serde_json::Value::from(word).to_string();
    let json = serde_json::from_str::<serde_json::Value>(word).ok();
    let mut values: Vec<String> = json.iter().map(|_| word.to_owned()).collect();
    // Of numbers those are found that are worth the same.
    values.extend(json.filter(|json| !json.is_number()).map(|json| json.to_string()));
    let all = || known.iter().flat_map(|known| known.texts());
    if word.starts_with(['[', '{']) || number(word).is_some() {
        values.extend(all().filter(|known| are_equal(known, word)).map(str::to_owned));
        values.sort_unstable();
        values.dedup();
    }
    for meanings in [&values[..], std::slice::from_ref(&text)] {
        if all().any(|known| meanings.iter().any(|meaning| meaning == known)) {
            return meanings.to_vec();
        }
    }
    let mut ending: Vec<String> =
        all().filter(|known| ends_in(known, word)).map(str::to_owned).collect();
    ending.sort_unstable();
    ending.dedup();
    if ending.is_empty() { values.into_iter().chain([text]).collect() } else { ending }
}

/// Is a value one of these, given as JSON? Numbers are what they are worth: `1000` is `1000.0`.
pub fn is_one_of(json: &str, wanted: &[String]) -> bool {
    wanted.iter().any(|wanted| *wanted == *json || are_equal(json, wanted))
}

/// A text that numbers of the same worth have in common. What is no number has none.
pub fn worth(json: &str) -> Option<String> {
    number(json).map(|number| match number {
        Number::Whole(number) => number.to_string(),
        Number::Broken(number) => number.to_string(),
    })
}

/// Are both numbers of the same worth, or made of such ones alike?
fn are_equal(json: &str, other: &str) -> bool {
    if [json, other].iter().all(|text| text.starts_with(['[', '{'])) {
        let parsed = |text| serde_json::from_str::<serde_json::Value>(text).ok();
        return parsed(json).zip(parsed(other)).is_some_and(|(one, other)| are_alike(&one, &other));
    }
    let (Some(one), Some(other)) = (number(json), number(other)) else { return false };
    match (one, other) {
        (Number::Whole(one), Number::Whole(other)) => one == other,
        (Number::Broken(one), Number::Broken(other)) => one.total_cmp(&other).is_eq(),
        (Number::Whole(_), Number::Broken(_)) | (Number::Broken(_), Number::Whole(_)) => false,
    }
}

fn are_alike(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || are_equal(&one.to_string(), &other.to_string())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| are_alike(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, a)| other.get(name).is_some_and(|b| are_alike(a, b));
            one.len() == other.len() && one.iter().all(same)
        }
        (one, other) => one == other,
    }
}

/// A number of JSON.
#[derive(Clone, Copy)]
enum Number {
    /// Whole, also if it is written as `1.0` or `1e3`.
    Whole(i128),
    /// No whole number, or one too large to be told from its neighbours.
    Broken(f64),
}

fn number(json: &str) -> Option<Number> {
    if !json.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return None;
    }
    let number: serde_json::Number = serde_json::from_str(json).ok()?;
    if let Some(whole) = number.as_i128() {
        return Some(Number::Whole(whole));
    }
    // Rounded as Nix rounds it, which serde_json doesn't.
    let float: f64 = json.trim_end().parse().ok()?;
    // What is whole and below this, `i128` holds exactly.
    let whole = float.fract() == 0.0 && float.abs() < 1e30;
    #[allow(clippy::cast_possible_truncation, reason = "it is whole, and in range")]
    Some(if whole { Number::Whole(float as i128) } else { Number::Broken(float) })
}

/// Where paths of the store begin, as JSON writes them.
const STORE: &str = "\"/nix/store/";
/// A hash, and the dash behind it.
const HASH: usize = 33;

/// Is a value a path in the store whose last parts are these?
fn ends_in(json: &str, word: &str) -> bool {
    let inner = json.strip_prefix(STORE).and_then(|rest| rest.strip_suffix('"'));
    let inner = inner.and_then(|rest| rest.get(HASH..));
    let whole = inner.and_then(|rest| rest.strip_suffix(word));
    !word.is_empty() && whole.is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// What the words that are asked for mean in a lab.
pub(super) fn settled(lab: &Lab<'_>, asked: &[Asked]) -> Vec<Wanted> {
    let mean = |(key, words): &Asked| {
        let known = values(lab, key);
        let texts = words.iter().flat_map(|word| meant(word, &known)).collect();
        (key.clone(), texts)
    };
    asked.iter().map(mean).collect()
}

/// All that a parameter may be in some stage of some run.
fn values<'l>(lab: &'l Lab<'_>, key: &str) -> Vec<Known<'l>> {
    let mut known = Vec::new();
    for run in &lab.runs {
        for stage in run.pipelines.iter().flat_map(|pipeline| &pipeline.stages) {
            let own = stage.params.iter().zip(keys::sources(run, stage));
            for ((_, default, _), source) in own.filter(|((name, _, _), _)| *name.text() == *key) {
                let swept =
                    source.and_then(|(axis, member)| run.axes.get(axis)?.members.get(member));
                known.push(match swept {
                    Some(member) => Known::Many(member.values.texts()),
                    None => Known::One(&default.json),
                });
            }
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_is_there() {
        let mean = |word: &str, known: &[&str]| {
            let known: Vec<Known<'_>> = known.iter().map(|text| Known::One(text)).collect();
            meant(word, &known)
        };
        let both = ["1.5", "\"1.5\"", "null", "\"null\""];
        assert_eq!(mean("1.5", &both), ["1.5"]);
        assert_eq!(mean("1.50", &both), ["1.5", "1.50"]);
        assert_eq!(mean("\"1.5\"", &both), ["\"1.5\"", "\"1.5\""]);
        assert_eq!(mean("null", &both), ["null", "null"]);
        assert_eq!(mean("\"null\"", &both), ["\"null\"", "\"null\""]);
        assert_eq!(mean("1.5", &["\"1.5\"", "2"]), ["\"1.5\""]);
        assert_eq!(mean("fast", &["\"fast\""]), ["\"fast\""]);
        assert_eq!(mean("\"a\"", &["\"\\\"a\\\"\""]), ["\"\\\"a\\\"\""]);
        assert_eq!(mean("7", &["1"]), ["7", "\"7\""]);
    }

    #[test]
    fn numbers_are_what_they_are_worth() {
        let meant_of = |word: &str, known: &str| {
            let meanings = meant(word, &[Known::One(known)]);
            assert_eq!(is_one_of(known, &[word.to_owned()]), meanings.iter().any(|m| m == known));
            meanings.iter().any(|meaning| meaning == known)
        };
        for (word, known) in [
            ("1000", "1000.0"),
            ("[[1.0, 2], [3]]", "[[1,2],[3]]"),
            ("{\"a\": [1e1]}", "{\"a\":[10.0]}"),
            ("1000.0", "1000"),
            ("1e3", "1000"),
            ("0", "-0.0"),
            ("-0.0", "0"),
            ("0.10", "0.1"),
            ("1e-1", "0.1"),
            ("9007199254740993", "9007199254740993"),
            ("9007199254740993.0", "9.007199254740992e+15"),
        ] {
            assert!(meant_of(word, known), "{word} {known}");
        }
        for (word, known) in
            [("1000", "1001"), ("9007199254740993", "9007199254740992.0"), ("0.1", "0.10000001")]
        {
            assert!(!meant_of(word, known), "{word} {known}");
        }
        // Both are there: both are meant. A text is none.
        assert_eq!(meant("1", &[Known::One("1"), Known::One("1.0")]), ["1", "1.0"]);
        assert!(!is_one_of("\"1\"", &["1".to_owned()]) && !is_one_of("true", &["1".to_owned()]));
    }

    #[test]
    fn paths_are_known_by_their_last_parts() {
        let hash = "0".repeat(32);
        let path = format!("\"/nix/store/{hash}-source/data/a.csv\"");
        let alone = format!("\"/nix/store/{hash}-b.csv\"");
        let known = [Known::One(&path), Known::One(&alone)];
        for word in ["a.csv", "data/a.csv", "source/data/a.csv"] {
            assert_eq!(meant(word, &known), [path.as_str()], "{word}");
        }
        assert_eq!(meant("b.csv", &known), [alone.as_str()]);
        assert_eq!(meant("csv", &known), ["\"csv\""]);
        assert_eq!(meant("a.csv", &[known[0], Known::One("\"a.csv\"")]), ["\"a.csv\""]);
    }
}
