//! The parameters of a stage's jobs: their values, and where these are written.

use std::sync::Arc;

use super::keys::{self, Place};
use super::listing::{Param, ParamValues};
use super::origin::Origin;
use super::space::{Space, distinct};
use crate::lab::{Run, Stage};
use crate::source::{SourceMap, Span};

/// The parameters of a stage, on all axes that it takes values from itself.
pub(super) fn params_of(run: &Run<'_>, stage: &Stage<'_>, texts: &SourceMap) -> Vec<Param> {
    let sources = keys::sources(run, stage);
    let axes = distinct(sources.iter().flatten().map(|(axis, _)| *axis));
    // Who looks at parameters alone has no points: none is too many.
    let lengths = vec![1; axes.len()];
    let space = Space::with_lengths(axes, lengths).unwrap_or_else(Space::point);
    params(run, stage, &sources, &space, texts)
}

/// The parameters of a stage whose jobs are the points of a space.
pub(super) fn params(
    run: &Run<'_>,
    stage: &Stage<'_>,
    sources: &[Option<Place>],
    space: &Space,
    texts: &SourceMap,
) -> Vec<Param> {
    let param = |((name, default, span), source): (
        &(crate::source::Name, crate::lab::Datum<'_>, Span),
        &Option<Place>,
    )| {
        let swept = source.and_then(|(axis, member)| {
            let values = &run.axes.get(axis)?.members.get(member)?.values;
            Some(ParamValues::Swept(space.digit_of(axis)? as u32, Arc::clone(values.texts())))
        });
        let values = swept.unwrap_or_else(|| ParamValues::Same(Arc::clone(&default.json)));
        let name: Arc<str> = name.text().into();
        Param { origin: Origin::of(run, &name, *span, *source, texts), name, values }
    };
    stage.params.iter().zip(sources).map(param).collect()
}
