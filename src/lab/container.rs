//! Which runs of a lab share a container image.

use super::Reader;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::value::Attrs;

/// What images the runs of a lab are to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ContainerMode {
    /// One that all runs share.
    #[default]
    Unified,
    /// One for each run.
    PerRun,
    /// None.
    None,
}

impl ContainerMode {
    const ALL: [ContainerMode; 3] =
        [ContainerMode::Unified, ContainerMode::PerRun, ContainerMode::None];

    /// As labs write it.
    pub fn word(self) -> &'static str {
        match self {
            ContainerMode::Unified => "unified",
            ContainerMode::PerRun => "per-run",
            ContainerMode::None => "none",
        }
    }
}

impl<'h> Reader<'_, 'h> {
    /// The `containerMode` of a lab; one that isn't known is noted.
    pub(super) fn container_mode(&mut self, attrs: Attrs<'h>) -> ContainerMode {
        let field = "containerMode";
        let Some((attr, text)) = self.field(attrs, field).zip(self.text_field(attrs, field)) else {
            return ContainerMode::default();
        };
        let known = ContainerMode::ALL.into_iter().find(|mode| mode.word() == text);
        if known.is_none() {
            let words = ContainerMode::ALL.map(ContainerMode::word);
            let place = self.places().value(attr.key.span);
            let diagnostic = Diagnostic::error(
                "repx::lab::bad-container-mode",
                format!("there is no `containerMode` \"{text}\""),
            )
            .at(place, "unknown mode")
            .maybe_help(did_you_mean(&text, words).or_else(|| {
                Some(
                    "\"unified\": one image for all runs; \"per-run\": one for each; \"none\""
                        .to_owned(),
                )
            }));
            self.report(diagnostic);
        }
        known.unwrap_or_default()
    }
}
