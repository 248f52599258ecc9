//! The axes of a run: what its parameters are swept over.

use std::sync::Arc;

use super::datum::NoValue;
use super::{Reader, Values};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Span};
use crate::value::{Attr, Attrs, Slot, Value};

/// One axis: parameters that take their values together, one point after the other.
#[derive(Clone, Debug)]
pub struct Axis<'h> {
    /// One parameter, or the members of a `utils.zip`.
    pub members: Vec<Member<'h>>,
    /// How many points; all members have as many values.
    pub length: usize,
}

/// A parameter on an axis.
#[derive(Clone, Debug)]
pub struct Member<'h> {
    /// Whom it concerns.
    pub target: Target,
    /// Its values, one a point.
    pub values: Values<'h>,
    /// Where its name stands.
    pub span: Span,
}

/// Whom a parameter of a run concerns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// Every stage that declares it.
    Bare(Arc<str>),
    /// `"stage.param"`: one stage, by its `pname` or its attribute in the pipeline.
    Dotted {
        /// The stage.
        stage: Arc<str>,
        /// The parameter.
        param: Arc<str>,
    },
}

impl Target {
    fn parse(key: &str) -> Target {
        match key.rsplit_once('.') {
            Some((stage, param)) if !stage.is_empty() && !param.is_empty() => {
                Target::Dotted { stage: stage.into(), param: param.into() }
            }
            _ => Target::Bare(key.into()),
        }
    }

    /// The parameter's name.
    pub fn param(&self) -> &Arc<str> {
        match self {
            Target::Bare(param) | Target::Dotted { param, .. } => param,
        }
    }

    /// As it is written.
    pub fn key(&self) -> String {
        match self {
            Target::Bare(param) => param.to_string(),
            Target::Dotted { stage, param } => format!("{stage}.{param}"),
        }
    }
}

/// What is wrong with a parameter that is a function; its place is still to be said.
pub(super) fn a_function(param: Name) -> Diagnostic {
    Diagnostic::error(
        "repx::lab::parameter-is-a-function",
        format!("parameter `{param}` can't be a function: jobs are told apart by its value"),
    )
    .help("a number, a string, a path, a list or a set; call the function where it is used")
}

/// A value in an example: itself if it is short.
fn short(value: &str) -> &str {
    let fits = value.len() <= 20 && !value.contains(['\n', '«', '{']);
    if fits { value } else { "…" }
}

impl<'h> Reader<'_, 'h> {
    /// The axes of a run's parameters, in the order of their names.
    pub(super) fn axes(&mut self, params: Attrs<'h>) -> Vec<Axis<'h>> {
        let mut axes: Vec<Axis<'h>> = Vec::new();
        for attr in params.by_name(self.evaluator.local) {
            if let Some(axis) = self.axis(attr) {
                self.check_unique(&axes, &axis);
                axes.push(axis);
            }
        }
        axes
    }

    fn axis(&mut self, attr: Attr<'h>) -> Option<Axis<'h>> {
        let value = self.parameter(attr)?;
        if let Value::Attrs(attrs) = value
            && self.flag(attrs, "_repx_zip")
        {
            return self.zip(attr, attrs);
        }
        let member = self.member(attr, value)?;
        Some(Axis { length: member.values.len(), members: vec![member] })
    }

    fn parameter(&mut self, attr: Attr<'h>) -> Option<Value<'h>> {
        // What has no place of its own, such as a path that can't be copied, is said of the parameter.
        let value = self.evaluator.force_at(attr.slot, attr.key.span);
        let name = attr.key.name;
        self.take(value, |d| d.within(attr.key.span, format!("in parameter `{name}`")))
    }

    /// One parameter and its values.
    fn member(&mut self, attr: Attr<'h>, value: Value<'h>) -> Option<Member<'h>> {
        let (name, span) = (attr.key.name, attr.key.span);
        let list = match value {
            Value::List(list) => list,
            Value::Attrs(attrs) if self.flag(attrs, "_repx_param") => {
                let values = attrs.get(Name::new("values"))?;
                let values = self.evaluator.items(values);
                self.take(values, |d| d.within(span, format!("in parameter `{name}`")))?
            }
            other => {
                let kind = other.a_type();
                let shown = self.evaluator.brief(other);
                let place = self.places().value(span);
                self.report(
                    Diagnostic::error(
                        "repx::lab::parameter-not-a-list",
                        format!("parameter `{name}` must be a list of values, but is {kind}"),
                    )
                    .at(place, format!("this is {kind}"))
                    .help(format!(
                        "a single value is a list of one: `{name} = [ {} ];`",
                        short(&shown)
                    )),
                );
                return None;
            }
        };
        if list.is_empty() {
            let place = self.places().value(span);
            self.report(
                Diagnostic::error(
                    "repx::lab::empty-axis",
                    format!("parameter `{name}` has no values, so the run has no jobs"),
                )
                .at(place, "an empty axis")
                .help("remove the parameter to use the stages' defaults"),
            );
            return None;
        }
        let values = self.values(list.items(), name, span)?;
        Some(Member { target: Target::parse(&name.text()), values, span })
    }

    fn values(&mut self, items: &'h [Slot<'h>], name: Name, span: Span) -> Option<Values<'h>> {
        match Values::read(self.evaluator, items) {
            Ok(values) => Some(values),
            Err(NoValue::Function(at)) => {
                let place = self.places().item(span, at);
                self.report(a_function(name).at(place, "a function"));
                None
            }
            Err(NoValue::Failed(at, error)) => self.take(Err(error), |d| {
                d.within(span, format!("in value {} of parameter `{name}`", at + 1))
            }),
        }
    }

    fn zip(&mut self, attr: Attr<'h>, zip: Attrs<'h>) -> Option<Axis<'h>> {
        let (name, span) = (attr.key.name, attr.key.span);
        let groups = zip.get(Name::new("groups"))?;
        let groups = self.evaluator.attrs(groups);
        let groups = self.take(groups, |d| d.within(span, format!("in the zip `{name}`")))?;
        let mut members: Vec<Member<'h>> = Vec::new();
        for member in groups.by_name(self.evaluator.local) {
            let value = self.parameter(member)?;
            members.push(self.member(member, value)?);
        }
        let Some(first) = members.first() else {
            let place = self.places().value(span);
            self.report(
                Diagnostic::error(
                    "repx::lab::empty-zip",
                    format!("the zip `{name}` has no parameters"),
                )
                .at(place, "nothing to zip"),
            );
            return None;
        };
        let length = first.values.len();
        if let Some(other) = members.iter().find(|member| member.values.len() != length) {
            let (a, b) = (first.target.key(), other.target.key());
            let (n, m) = (length, other.values.len());
            let diagnostic = Diagnostic::error(
                "repx::lab::zip-lengths",
                format!("utils.zip needs lists of one length, but `{a}` has {n} values and `{b}` has {m}"),
            )
            .at(self.places().value(other.span), format!("{m} values"))
            .also(self.places().value(first.span), format!("{n} values"));
            self.report(diagnostic);
            return None;
        }
        Some(Axis { members, length })
    }

    fn check_unique(&mut self, axes: &[Axis<'h>], axis: &Axis<'h>) {
        for member in &axis.members {
            let others = axes.iter().flat_map(|axis| &axis.members);
            if let Some(other) = others.into_iter().find(|o| o.target == member.target) {
                let key = member.target.key();
                self.report(
                    Diagnostic::error(
                        "repx::lab::parameter-twice",
                        format!("parameter `{key}` is on two axes"),
                    )
                    .at(member.span, "swept here")
                    .also(other.span, "and here"),
                );
            }
        }
    }

    /// Is the attribute there and true?
    pub(super) fn flag(&mut self, attrs: Attrs<'h>, name: &str) -> bool {
        let Some(slot) = attrs.get(Name::new(name)) else {
            return false;
        };
        matches!(self.evaluator.force(slot), Ok(Value::Bool(truth)) if truth.get())
    }
}
