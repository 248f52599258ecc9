//! What sets one job apart from another, by their records.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{IdentityRecord, InputRecord};

/// A part of two identities that isn't the same. Of what one of them lacks there is `None`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// A parameter.
    Param {
        /// Its name.
        name: String,
        /// As canonical JSON.
        before: Option<String>,
        /// As canonical JSON.
        after: Option<String>,
    },
    /// `version`.
    Version {
        /// That of the first.
        before: String,
        /// That of the second.
        after: String,
    },
    /// The script, or that of a part of a scatter-gather stage.
    Script {
        /// The part.
        part: Option<String>,
    },
    /// `pname`.
    Pname {
        /// That of the first.
        before: String,
        /// That of the second.
        after: String,
    },
    /// The job that an input is read from.
    Upstream {
        /// The input.
        input: String,
        /// The job's full name.
        before: String,
        /// The job's full name.
        after: String,
    },
    /// An input that comes from elsewhere.
    Input {
        /// Its name.
        name: String,
        /// Where it came from.
        before: Option<InputRecord>,
        /// Where it comes from.
        after: Option<InputRecord>,
    },
    /// An output.
    Output {
        /// Its name.
        name: String,
        /// Its path.
        before: Option<String>,
        /// Its path.
        after: Option<String>,
    },
    /// Runtime packages.
    Packages {
        /// Only the second has these.
        added: Vec<String>,
        /// Only the first had these.
        removed: Vec<String>,
    },
    /// The jobs of hard upstream runs.
    UpstreamRuns {
        /// How many there were.
        before: usize,
        /// How many there are.
        after: usize,
    },
}

impl Difference {
    /// Can it be nothing but what other parameters lead to? Functions of the parameters make these.
    pub fn may_follow(&self) -> bool {
        match self {
            Difference::Script { .. } | Difference::Pname { .. } | Difference::Output { .. } => {
                true
            }
            Difference::Param { .. }
            | Difference::Version { .. }
            | Difference::Upstream { .. }
            | Difference::Input { .. }
            | Difference::Packages { .. }
            | Difference::UpstreamRuns { .. } => false,
        }
    }
}

/// What sets `after` apart from `before`: what a user would have changed first.
pub fn differences(before: &IdentityRecord, after: &IdentityRecord) -> Vec<Difference> {
    let mut all = Vec::new();
    let texts = |pair: (&String, &String)| (pair.0.clone(), pair.1.clone());
    if before.version != after.version {
        let (before, after) = texts((&before.version, &after.version));
        all.push(Difference::Version { before, after });
    }
    all.extend(
        changed(&before.params, &after.params).map(|(name, before, after)| Difference::Param {
            name,
            before,
            after,
        }),
    );
    if before.script != after.script {
        all.push(Difference::Script { part: None });
    }
    all.extend(
        changed(&before.parts, &after.parts)
            .map(|(part, _, _)| Difference::Script { part: Some(part) }),
    );
    let inputs = changed(&before.inputs, &after.inputs);
    all.extend(inputs.map(|(name, before, after)| input(name, before, after)));
    if before.after != after.after {
        let jobs = |record: &IdentityRecord| record.after.as_ref().map_or(0, |after| after.jobs);
        all.push(Difference::UpstreamRuns { before: jobs(before), after: jobs(after) });
    }
    if before.packages != after.packages {
        let only = |these: &[String], others: &[String]| {
            these.iter().filter(|package| !others.contains(package)).cloned().collect()
        };
        all.push(Difference::Packages {
            added: only(&after.packages, &before.packages),
            removed: only(&before.packages, &after.packages),
        });
    }
    if before.pname != after.pname {
        let (before, after) = texts((&before.pname, &after.pname));
        all.push(Difference::Pname { before, after });
    }
    all.extend(
        changed(&before.outputs, &after.outputs).map(|(name, before, after)| Difference::Output {
            name,
            before,
            after,
        }),
    );
    all
}

fn input(name: String, before: Option<InputRecord>, after: Option<InputRecord>) -> Difference {
    match (before, after) {
        (
            Some(InputRecord::Job { job: old, output: from }),
            Some(InputRecord::Job { job: new, output: to }),
        ) if from == to => Difference::Upstream { input: name, before: old, after: new },
        (before, after) => Difference::Input { name, before, after },
    }
}

/// The entries that two maps don't have alike.
fn changed<'m, T: Clone + PartialEq>(
    before: &'m BTreeMap<String, T>,
    after: &'m BTreeMap<String, T>,
) -> impl Iterator<Item = (String, Option<T>, Option<T>)> + 'm {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter_map(|name| {
        let (old, new) = (before.get(name), after.get(name));
        (old != new).then(|| (name.clone(), old.cloned(), new.cloned()))
    })
}
