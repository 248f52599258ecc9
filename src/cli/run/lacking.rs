//! What is said of packages of the embedded set that this machine doesn't have.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::super::report::near;
use super::build::named;
use crate::check::MISSING_PACKAGE;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::exec::{Lack, Missing};
use crate::sweep::{Listing, PackageKind, Written};

/// Stages whose places are told.
const MOST_PLACES: usize = 5;

/// What to say of each of them.
pub(in crate::cli) fn missing<'l>(
    listing: &Listing,
    lacks: impl IntoIterator<Item = &'l Lack>,
) -> Vec<Diagnostic> {
    lacks.into_iter().map(|lack| one(listing, lack)).collect()
}

fn one(listing: &Listing, lack: &Lack) -> Diagnostic {
    let what = &lack.missing;
    let mut help = match what {
        Missing::Unknown(name) => {
            let kit = listing.kit.packages.iter();
            let known: Vec<&str> = kit
                .filter(|package| package.kind != PackageKind::Unknown)
                .filter_map(|package| package.path.rsplit('/').next())
                .collect();
            did_you_mean(name, &known)
                .unwrap_or_else(|| "jobs that need it can be listed, but not run".to_owned())
        }
        Missing::Program(..) => {
            "install it on this machine, or add its directory to PATH".to_owned()
        }
    };
    let message = match lack.stages.is_empty() {
        true => what.to_string(),
        false => {
            let names = lack.stages.keys().cloned().collect();
            format!("{}: {what}", named("stage", std::iter::once(&names)))
        }
    };
    for line in places(&lack.stages) {
        help.push('\n');
        help.push_str(&line);
    }
    Diagnostic::error(MISSING_PACKAGE, message).help(help)
}

/// "stage `train` stands in pipelines/main.nix, line 4"
fn places(stages: &BTreeMap<Arc<str>, Written>) -> Vec<String> {
    let known = stages.iter().filter(|(_, written)| !written.file.is_empty());
    let line = |(name, written): (&Arc<str>, &Written)| {
        format!("stage `{name}`: {}:{}", near(Path::new(&*written.file)), written.line)
    };
    known.take(MOST_PLACES).map(line).collect()
}
