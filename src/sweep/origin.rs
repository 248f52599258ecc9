//! Where the values of a parameter are written.

use std::sync::Arc;

use super::keys::Place as Axis;
use crate::lab::{Run, Target};
use crate::source::{SourceMap, Span};

/// Where something is written.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Written {
    /// The file, as its user knows it; empty where there is none.
    pub file: Arc<str>,
    /// Its line, from 1.
    pub line: u32,
}

/// Where the values of a parameter come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// What gives them.
    pub kind: OriginKind,
    /// The key that they are written under: `seed`, or `train.seed`.
    pub key: Arc<str>,
    /// Where that stands.
    pub written: Written,
}

/// What gives a parameter its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OriginKind {
    /// The stage itself.
    Default,
    /// The run, for all stages that declare it.
    Run,
    /// The run, for this stage: `"stage.param"`.
    Dotted,
    /// The run, together with others: `utils.zip`.
    Zip,
}

impl OriginKind {
    /// As commands say it.
    pub fn name(self) -> &'static str {
        match self {
            OriginKind::Default => "default",
            OriginKind::Run => "run",
            OriginKind::Dotted => "dotted",
            OriginKind::Zip => "zip",
        }
    }
}

impl Written {
    /// Where a span begins.
    pub(super) fn at(span: Span, sources: &SourceMap) -> Written {
        match sources.locate(span) {
            Some(place) => Written {
                file: sources.original(&place.path).display().to_string().into(),
                line: place.line,
            },
            None => Written::default(),
        }
    }
}

impl Origin {
    /// That of a parameter with this name, whose default stands at `span`.
    pub(super) fn of(
        run: &Run<'_>,
        name: &str,
        span: Span,
        source: Option<Axis>,
        sources: &SourceMap,
    ) -> Origin {
        let axis = source.and_then(|(axis, member)| {
            let axis = run.axes.get(axis)?;
            Some((axis.members.len() > 1, axis.members.get(member)?))
        });
        let Some((zipped, member)) = axis else {
            let written = Written::at(span, sources);
            return Origin { kind: OriginKind::Default, key: name.into(), written };
        };
        let kind = match &member.target {
            _ if zipped => OriginKind::Zip,
            Target::Dotted { .. } => OriginKind::Dotted,
            Target::Bare(_) => OriginKind::Run,
        };
        let written = Written::at(member.span, sources);
        Origin { kind, key: member.target.key().into(), written }
    }
}
