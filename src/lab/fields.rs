//! The attributes that the parts of a lab may have.

use super::Reader;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs};

/// Upstream has had two words for parameters; a lab uses one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Vocabulary {
    /// `params`: values stand in scripts as they are.
    Params,
    /// `parameters` (upstream 0.5): scripts read them from the shell array of that name.
    Parameters,
}

impl Vocabulary {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Vocabulary::Params => "params",
            Vocabulary::Parameters => "parameters",
        }
    }
}

/// What `mkLab` takes.
pub const LAB: &[&str] = &[
    "pkgs",
    "repx-lib",
    "gitHash",
    "lab_version",
    "runs",
    "groups",
    "containerMode",
    "runContainerMode",
    "lab",
    "_repx_type",
];

/// What a run file gives.
pub const RUN: &[&str] = &[
    "name",
    "pipelines",
    "params",
    "parameters",
    "containerized",
    "description",
    "paramsDependencies",
    "parametersDependencies",
    "hashMode",
    "pkgs",
    "repx-lib",
    "dependencyJobs",
    "interRunDepTypes",
    "override",
    "overrideDerivation",
    "_repx_type",
];

/// What a simple stage has.
pub const SIMPLE: &[&str] = &[
    "pname",
    "version",
    "description",
    "params",
    "parameters",
    "inputs",
    "outputs",
    "resources",
    "run",
    "runDependencies",
    "passthru",
    "override",
    "overrideDerivation",
    "__noChroot",
];

/// What a scatter-gather stage has.
pub const SCATTER_GATHER: &[&str] = &[
    "pname",
    "version",
    "description",
    "params",
    "parameters",
    "inputs",
    "resources",
    "scatter",
    "worker",
    "steps",
    "gather",
    "runDependencies",
    "passthru",
    "override",
    "overrideDerivation",
    "__noChroot",
];

/// What scatter, worker and gather have.
pub const PART: &[&str] = &["pname", "inputs", "outputs", "run", "runDependencies", "resources"];

/// What a step has.
pub const STEP: &[&str] =
    &["pname", "inputs", "outputs", "run", "runDependencies", "resources", "deps"];

/// What resource hints have.
pub const RESOURCES: &[&str] = &["mem", "cpus", "time", "partition", "sbatch_opts"];

impl<'h> Reader<'_, 'h> {
    /// An attribute by its text.
    pub(super) fn field(&self, attrs: Attrs<'h>, name: &str) -> Option<Attr<'h>> {
        attrs.attr(Name::new(name))
    }

    /// Notes attributes that nobody reads: most are slips of the fingers.
    pub(super) fn check_fields(
        &mut self,
        attrs: Attrs<'h>,
        known: &[&str],
        what: &str,
        code: &'static str,
    ) {
        for attr in attrs.by_name(self.evaluator.local) {
            let name = attr.key.name.text();
            if !known.contains(&&*name) {
                let shown = known.iter().filter(|name| !name.starts_with('_'));
                self.report(
                    Diagnostic::error(code, format!("{what} has no attribute `{name}`"))
                        .at(attr.key.span, "unknown attribute")
                        .maybe_help(did_you_mean(&name, shown)),
                );
            }
        }
    }

    /// The `params` or `parameters` of a run or stage, whichever the lab uses. Both words in one
    /// lab are an error: a stage would silently miss what a run sets.
    pub(super) fn params_field(&mut self, attrs: Attrs<'h>) -> Option<(Vocabulary, Attr<'h>)> {
        let mut found = None;
        for vocabulary in [Vocabulary::Params, Vocabulary::Parameters] {
            if let Some(attr) = self.field(attrs, vocabulary.word()) {
                self.use_word(vocabulary, attr.key.span);
                found = found.or(Some((vocabulary, attr)));
            }
        }
        found
    }

    fn use_word(&mut self, word: Vocabulary, span: Span) {
        match self.vocabulary {
            None => self.vocabulary = Some((word, span)),
            Some((first, place)) if first != word => {
                let (first, word) = (first.word(), word.word());
                self.report(
                    Diagnostic::error(
                        "repx::lab::mixed-vocabulary",
                        format!("this lab says both `{first}` and `{word}`"),
                    )
                    .at(span, format!("`{word}` here"))
                    .also(place, format!("`{first}` here"))
                    .help(format!("call it `{first}` everywhere")),
                );
            }
            Some(_) => {}
        }
    }
}
