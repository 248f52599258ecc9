//! The lab itself.

use hashbrown::HashMap;

use super::order::positions;
use super::run::{Placeholder, RUN_TAG};
use super::scope::Callee;
use super::{ContainerMode, Offer, Reader, Run, fields};
use crate::diagnostic::Diagnostic;
use crate::source::{Name, Span};
use crate::value::{Attrs, Slot, Value};

/// A lab that was read.
#[derive(Debug, Default)]
pub struct Lab<'h> {
    /// `lab_version`.
    pub version: String,
    /// `gitHash`.
    pub git_hash: String,
    /// `containerMode`.
    pub containers: ContainerMode,
    /// Named collections of runs, by run names; sorted.
    pub groups: Vec<(String, Vec<String>)>,
    /// Runs, each after those it depends on.
    pub runs: Vec<Run<'h>>,
    /// The package set.
    pub packages: Option<Attrs<'h>>,
}

/// Reads a lab from the value of its file, and notes what is wrong with it.
/// `span` is the text of the file.
pub fn read<'h>(
    reader: &mut Reader<'_, 'h>,
    file: Slot<'h>,
    span: Span,
    offer: &Offer<'h>,
) -> Lab<'h> {
    let callee = Callee { slot: file, span, role: "lab" };
    let Some(attrs) = reader.call_lab(&callee, offer) else {
        return Lab::default();
    };
    reader.lab(attrs, offer)
}

impl<'h> Reader<'_, 'h> {
    fn call_lab(&mut self, callee: &Callee<'h>, offer: &Offer<'h>) -> Option<Attrs<'h>> {
        let value = self.evaluator.force(callee.slot);
        let value = self.take(value, |d| d)?;
        // A file that gives the lab itself, not a function, is a lab too.
        let attrs = match value {
            Value::Attrs(attrs) => attrs,
            _ => self.call_file(callee, offer)?,
        };
        if self.tag(Value::Attrs(attrs)) == Some(b"lab") {
            return Some(attrs);
        }
        self.report(
            Diagnostic::error("repx::lab::not-a-lab", "this file doesn't give a lab")
                .at(callee.span, "not made by `mkLab`")
                .help("a lab file ends in `repx-lib.mkLab { inherit pkgs repx-lib gitHash; lab_version = \"1.0.0\"; runs = { … }; }`"),
        );
        None
    }

    fn lab(&mut self, attrs: Attrs<'h>, offer: &Offer<'h>) -> Lab<'h> {
        self.check_fields(attrs, fields::LAB, "a lab", "repx::lab::unknown-attribute");
        let version = self.text_field(attrs, "lab_version").unwrap_or_default();
        let git_hash = self.text_field(attrs, "gitHash").unwrap_or_default();
        let containers = self.container_mode(attrs);
        let offer = self.lab_offer(attrs, offer);
        let packages = Some(offer.packages);
        let Some(runs) = self.runs_field(attrs) else {
            return Lab { version, git_hash, containers, packages, ..Lab::default() };
        };
        let placeholders = self.placeholders(runs);
        let order = self.order(&placeholders);
        let runs = self.read_runs(&placeholders, &order, &offer);
        self.check_run_names(&runs);
        let groups = self.groups(attrs, &placeholders, &order, &runs);
        let runs = runs.into_iter().flatten().collect();
        Lab { version, git_hash, containers, groups, runs, packages }
    }

    /// Runs and stages get the package set and library that the lab passes to `mkLab`.
    fn lab_offer(&mut self, attrs: Attrs<'h>, offer: &Offer<'h>) -> Offer<'h> {
        let mut offer = offer.clone();
        if let Some(attr) = self.field(attrs, "pkgs") {
            let pkgs = self.evaluator.attrs(attr.slot);
            if let Some(pkgs) = self.take(pkgs, |d| d.within(attr.key.span, "in `pkgs` of the lab"))
            {
                offer.packages = pkgs;
                offer = offer.with("pkgs", attr.slot);
                if let Some(lib) = pkgs.get(Name::new("lib")) {
                    offer = offer.with("lib", lib);
                }
            }
        }
        for name in ["repx-lib", "gitHash"] {
            if let Some(attr) = self.field(attrs, name) {
                offer = offer.with(name, attr.slot);
            }
        }
        offer
    }

    pub(super) fn text_field(&mut self, attrs: Attrs<'h>, name: &str) -> Option<String> {
        let attr = self.field(attrs, name)?;
        let text = self.evaluator.string(attr.slot);
        let text =
            self.take(text, |d| d.within(attr.key.span, format!("in `{name}` of the lab")))?;
        Some(text.lossy().into_owned())
    }

    fn runs_field(&mut self, attrs: Attrs<'h>) -> Option<Attrs<'h>> {
        let Some(attr) = self.field(attrs, "runs") else {
            self.report(
                Diagnostic::error("repx::lab::no-runs", "the lab has no `runs`")
                    .help("add `runs = { main = repx-lib.callRun ./runs/main.nix [ ]; };` to mkLab's argument"),
            );
            return None;
        };
        let runs = self.evaluator.attrs(attr.slot);
        self.take(runs, |d| d.within(attr.key.span, "in `runs` of the lab"))
    }

    /// The runs in order; `None` for those that couldn't be read.
    fn read_runs(
        &mut self,
        placeholders: &[Placeholder<'h>],
        order: &[usize],
        offer: &Offer<'h>,
    ) -> Vec<Option<Run<'h>>> {
        let positions = positions(order, placeholders.len());
        order
            .iter()
            .filter_map(|index| placeholders.get(*index))
            .map(|placeholder| {
                let moved = |old: usize| positions.get(old).copied().unwrap_or(old);
                let depends_on = placeholder
                    .depends_on
                    .iter()
                    .map(|(run, need, _)| (moved(*run), *need))
                    .collect();
                self.run(placeholder, depends_on, offer)
            })
            .collect()
    }

    fn check_run_names(&mut self, runs: &[Option<Run<'h>>]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for run in runs.iter().flatten() {
            if let Some(first) = seen.insert(&run.name, run.span) {
                self.report(
                    Diagnostic::error(
                        "repx::lab::duplicate-run-name",
                        format!("two runs are called `{}`", run.name),
                    )
                    .at(run.span, "this run")
                    .also(first, "and this one")
                    .help("give one of them another `name`"),
                );
            }
        }
    }

    fn groups(
        &mut self,
        attrs: Attrs<'h>,
        placeholders: &[Placeholder<'h>],
        order: &[usize],
        runs: &[Option<Run<'h>>],
    ) -> Vec<(String, Vec<String>)> {
        let Some(attr) = self.field(attrs, "groups") else {
            return Vec::new();
        };
        let groups = self.evaluator.attrs(attr.slot);
        let groups = self.take(groups, |d| d.within(attr.key.span, "in `groups` of the lab"));
        let mut read = Vec::new();
        for group in groups.map(|g| g.by_name(self.evaluator.local)).unwrap_or_default() {
            let (name, span) = (group.key.name.text(), group.key.span);
            if let Some(run) = runs.iter().flatten().find(|run| *run.name == *name) {
                let diagnostic = Diagnostic::error(
                    "repx::lab::group-is-a-run",
                    format!("group `{name}` is called like a run"),
                )
                .at(span, "this group")
                .also(run.span, "this run")
                .help("runs and groups are picked by name: give the group another one");
                self.report(diagnostic);
            }
            // Behind its `@` any other name can be typed, if need be between quotes.
            if name.is_empty() || name.contains(char::is_control) {
                let diagnostic = Diagnostic::warning(
                    "repx::lab::bad-group-name",
                    format!("group \"{name}\" can hardly be named on the command line"),
                )
                .at(span, "this name")
                .help("groups are named as `@paper`: a name has letters, and no line break or tab");
                self.report(diagnostic);
            }
            let list = self.evaluator.items(group.slot);
            let context = |d: Diagnostic| d.within(span, format!("in group `{name}`"));
            let Some(list) = self.take(list, context) else {
                continue;
            };
            let mut members = Vec::new();
            for (i, item) in list.items().iter().enumerate() {
                let value = self.evaluator.force(*item);
                let Some(value) = self.take(value, context) else {
                    continue;
                };
                match self.find_run(value, placeholders) {
                    Some(found) => {
                        let place = order.iter().position(|index| *index == found);
                        let run = place.and_then(|place| runs.get(place)).and_then(Option::as_ref);
                        members.extend(run.map(|run| run.name.to_string()));
                    }
                    None => self.not_in_group(value, &name, span, i),
                }
            }
            read.push((name.into_owned(), members));
        }
        read
    }

    fn not_in_group(&mut self, value: Value<'h>, group: &str, span: Span, index: usize) {
        let kind = value.a_type();
        let place = self.places().item(span, index);
        if self.tag(value) == Some(RUN_TAG) {
            let message = format!("group `{group}` holds a run that isn't among the lab's `runs`");
            self.report(
                Diagnostic::error("repx::lab::not-in-group", message)
                    .at(place, "this run")
                    .help("add it to `runs` of mkLab, or take it out of the group"),
            );
            return;
        }
        let help = match value {
            Value::Text(text) => format!("write `{}` without quotes", text.lossy()),
            _ => {
                "a group is a list of runs made by callRun, which are also among `runs`".to_owned()
            }
        };
        self.report(
            Diagnostic::error(
                "repx::lab::not-in-group",
                format!("group `{group}` holds {kind} that is no run of this lab"),
            )
            .at(place, format!("this is {kind}"))
            .help(help),
        );
    }
}
