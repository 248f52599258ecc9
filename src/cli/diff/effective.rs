//! What jobs follow from, as far as a comparison needs it: hashes of names and values.

use std::hash::{DefaultHasher, Hasher};

use crate::sweep::worth;

/// A value of a job, or of one that it reads from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Value {
    /// The parameter.
    pub(super) name: u64,
    /// Its value, as canonical JSON.
    pub(super) text: u64,
    /// The stage of the job that has it.
    pub(super) stage: u64,
}

/// What stands for a text in these. The same text is the same in both listings.
pub(super) fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// What stands for a value, given as JSON: numbers are what they are worth, however another program wrote them.
pub(super) fn hash_value(json: &str) -> u64 {
    match worth(json) {
        Some(number) => hash(&number),
        None => hash(json),
    }
}

/// Values by parameter and the stage that has it, as far as that is `known`: each of these with what stands for all
/// values that it has.
pub(super) fn by_source(values: &mut Vec<Value>, known: impl Fn(u64) -> bool) -> Vec<(u64, u64)> {
    for value in values.iter_mut().filter(|value| !known(value.stage)) {
        value.stage = 0;
    }
    values.sort_unstable_by_key(|value| (value.name, value.stage, value.text));
    values.dedup();
    let of_source = |values: &[Value]| {
        let (mut source, mut all) = (DefaultHasher::new(), DefaultHasher::new());
        for value in values {
            all.write_u64(value.text);
        }
        values.first().map(|first| {
            source.write_u64(first.name);
            source.write_u64(first.stage);
            (source.finish(), all.finish())
        })
    };
    let mut all: Vec<(u64, u64)> = values
        .chunk_by(|a, b| (a.name, a.stage) == (b.name, b.stage))
        .filter_map(of_source)
        .collect();
    all.sort_unstable();
    all
}
