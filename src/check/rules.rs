//! What may be wrong with a file though it evaluates: names nobody uses, names that hide others,
//! forms of the language that are out of use.

use std::collections::{HashMap, HashSet};

use super::names::{Definition, Kind, Names, With};
use crate::diagnostic::{Diagnostic, Fix};
use crate::lower::Globals;
use crate::source::{SourceFile, Span};
use crate::syntax::{Binding, Expr, ExprKind, find};

/// A file that was read without errors.
pub(super) struct Readable<'f> {
    /// Its text.
    pub(super) file: &'f SourceFile,
    /// What it says.
    pub(super) root: &'f Expr,
    /// What its names mean.
    pub(super) names: &'f Names,
    /// What every program sees.
    pub(super) globals: &'f Globals,
}

impl Readable<'_> {
    /// All that these rules find.
    pub(super) fn findings(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        self.unused(&mut found);
        self.hiding(&mut found);
        self.circles(&mut found);
        self.withs(&mut found);
        self.useless_rec(&mut found);
        find::walk(self.root, &mut |expr| found.extend(self.form(expr)));
        found
    }

    fn unused(&self, found: &mut Vec<Diagnostic>) {
        // Looked for once: there may be as many as there are names.
        let mut bound: HashMap<Span, &Binding> = HashMap::new();
        find::walk(self.root, &mut |expr| {
            let ExprKind::Let { bindings, .. } = &expr.kind else { return };
            for binding in bindings {
                match binding {
                    Binding::Assign { path, .. } => {
                        bound.extend(path.first().map(|name| (name.span(), binding)));
                    }
                    Binding::Inherit { names, .. } => {
                        bound.extend(names.iter().map(|(_, span)| (*span, binding)));
                    }
                }
            }
        });
        let all = &self.names.definitions;
        let whole = all.iter().filter(|definition| definition.kind == Kind::Whole);
        let whole: HashSet<Span> = whole.map(|definition| definition.scope).collect();
        for definition in all {
            let name = definition.name.text();
            // An underscore says that it is known; names with two have a meaning for operators.
            if !definition.uses.is_empty() || name.starts_with('_') {
                continue;
            }
            match definition.kind {
                Kind::Let => found.push(self.unused_binding(definition, &bound)),
                Kind::Formal { open } => {
                    let mut unused = unused_argument(definition);
                    // Who takes nothing else must go on taking it.
                    if open && !whole.contains(&definition.scope) {
                        unused.fixes.extend(self.without_formal(definition.span));
                    }
                    found.push(unused);
                }
                Kind::Argument | Kind::Whole => found.push(unused_argument(definition)),
                Kind::Attribute => {}
            }
        }
    }

    fn unused_binding(
        &self,
        definition: &Definition,
        bound: &HashMap<Span, &Binding>,
    ) -> Diagnostic {
        let name = definition.name;
        let found = Diagnostic::warning(
            "repx::lint::unused-binding",
            format!("`{name}` is bound but never used"),
        )
        .at(definition.span, "not used")
        .help(format!("remove it, or call it `_{name}` to say that this is meant"));
        let spans: Vec<Span> =
            std::iter::once(definition.span).chain(definition.others.iter().copied()).collect();
        let going = |span: &Span| Some(self.without(bound.get(span)?, *span));
        let edits: Vec<(Span, String)> = spans.iter().filter_map(going).collect();
        if edits.len() < spans.len() {
            return found;
        }
        let fix = Fix { title: format!("Remove `{name}`"), edits };
        Diagnostic { fixes: vec![fix], ..found }
    }

    /// What has to go for a binding no longer to bind the name at `own`.
    fn without(&self, binding: &Binding, own: Span) -> (Span, String) {
        let going = match binding {
            Binding::Assign { span, .. } => self.with_line(*span),
            Binding::Inherit { names, span, .. } if names.len() == 1 => self.with_line(*span),
            Binding::Inherit { .. } => self.with_space(own),
        };
        (going, String::new())
    }

    /// A binding, and its lines if it has them for itself.
    fn with_line(&self, span: Span) -> Span {
        let text = self.file.text();
        let (start, end) = self.local(span);
        let before = text.get(..start).unwrap_or_default();
        let after = text.get(end..).unwrap_or_default();
        let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
        let rest = after.len() - after.trim_start_matches([' ', '\t', '\r']).len();
        let begins = before.len() == indent || before.get(..start - indent).is_some_and(ends_line);
        let ends = after.get(rest..).is_some_and(|after| after.starts_with('\n'));
        if begins && ends {
            Span::new(span.start - indent as u32, span.end + rest as u32 + 1)
        } else if begins {
            span
        } else {
            Span::new(span.start - indent as u32, span.end)
        }
    }

    /// A name, and the white space before it.
    fn with_space(&self, span: Span) -> Span {
        let (start, _) = self.local(span);
        let before = self.file.text().get(..start).unwrap_or_default();
        let space = before.len() - before.trim_end().len();
        let line = before.trim_end().rsplit('\n').next().unwrap_or_default();
        // What ends a comment stays.
        match line.contains('#') {
            true => span,
            false => Span::new(span.start - space as u32, span.end),
        }
    }

    fn named(&self, span: Span) -> &str {
        let (start, end) = self.local(span);
        self.file.text().get(start..end).unwrap_or_default()
    }

    fn local(&self, span: Span) -> (usize, usize) {
        let start = span.start.saturating_sub(self.file.start()) as usize;
        (start, span.end.saturating_sub(self.file.start()) as usize)
    }

    /// A pattern without one of its arguments: up to the comma behind it, or from the one before.
    fn without_formal(&self, span: Span) -> Option<Fix> {
        let text = self.file.text();
        let (start, end) = self.local(span);
        let after = text.get(end..)?;
        let behind = after.trim_start();
        // With a default, what has to go is more than a name.
        let comma = behind.strip_prefix(',')?;
        let blank = comma.len() - comma.trim_start_matches([' ', '\t']).len();
        let gone = after.len() - comma.len() + blank;
        let name = text.get(start..end)?;
        let edits = vec![(Span::new(span.start, span.end + gone as u32), String::new())];
        Some(Fix { title: format!("Remove `{name}`"), edits })
    }

    fn hiding(&self, found: &mut Vec<Diagnostic>) {
        for definition in &self.names.definitions {
            // What is inherited is most often the same thing; an attribute's name is for others.
            if definition.inherited || definition.kind == Kind::Attribute {
                continue;
            }
            let name = definition.name;
            if name.bytes().starts_with(b"_") {
                continue;
            }
            let hidden = definition.hides.and_then(|index| self.names.definitions.get(index));
            if let Some(hidden) = hidden {
                found.push(
                    Diagnostic::advice(
                        "repx::lint::shadowing",
                        format!("`{name}` hides another `{name}` around it"),
                    )
                    .at(definition.span, "this one is meant from here on")
                    .also(hidden.span, "this one is hidden")
                    .help("give one of them another name if both are needed"),
                );
            } else if self.globals.get(name).is_some() {
                found.push(
                    Diagnostic::advice(
                        "repx::lint::shadowing",
                        format!("`{name}` hides the builtin function of that name"),
                    )
                    .at(definition.span, "hides a builtin")
                    .help(format!("the builtin is still there as `builtins.{name}`")),
                );
            }
        }
    }

    fn circles(&self, found: &mut Vec<Diagnostic>) {
        for (index, value) in &self.names.circles {
            let Some(definition) = self.names.definitions.get(*index) else { continue };
            let name = definition.name;
            let outer = definition.hides.is_some();
            let mut circle = Diagnostic::warning(
                "repx::lint::binds-itself",
                format!("`{name}` is bound to itself, which never ends"),
            )
            .at(*value, format!("this `{name}` is the one being bound"))
            .maybe_help(outer.then(|| format!("to take it from around: `inherit {name};`")));
            let span = definition.span.to(*value);
            let (start, end) = self.local(span);
            let written = self.file.text().get(start..end).unwrap_or_default();
            if outer && !written.contains(['(', '#', '*']) {
                circle = circle.fix(format!("Inherit `{name}`"), span, format!("inherit {name}"));
            }
            found.push(circle);
        }
    }

    fn withs(&self, found: &mut Vec<Diagnostic>) {
        // `with ps; [ ]` waits for what is to come.
        let empty = |with: &&With| self.named(with.body).split_whitespace().eq(["[", "]"]);
        let unused = self.names.withs.iter().filter(|with| !with.used);
        for with in unused.filter(|with| !empty(with)) {
            let whole = Span::new(with.span.start, with.body.start);
            // A body in parentheses begins before its own span.
            let text = self.file.text();
            let (start, end) = self.local(whole);
            let head = text.get(start..end).unwrap_or_default();
            let close = self.local(with.scope).1 - start;
            let semicolon = head.get(close..).and_then(|rest| rest.find(';')).map(|at| close + at);
            let mut unused =
                Diagnostic::warning("repx::lint::unused-with", "no name comes from this `with`")
                    .at(Span::new(with.span.start, with.scope.end), "not used")
                    .help("remove it: names that are bound around it are not taken from it");
            let comment = head.contains('#') || head.contains("/*");
            if let Some(semicolon) = semicolon.filter(|_| !comment) {
                let rest = head.get(semicolon + 1..).unwrap_or_default();
                let blank = rest.len() - rest.trim_start().len();
                let end = with.span.start + (semicolon + 1 + blank) as u32;
                unused = unused.fix("Remove the `with`", Span::new(with.span.start, end), "");
            }
            found.push(unused);
        }
    }

    fn useless_rec(&self, found: &mut Vec<Diagnostic>) {
        // Parts of a set that is written in several see each other's names: an unknown name may be
        // one of those.
        if !self.names.unresolved.is_empty() {
            return;
        }
        for set in &self.names.recursive {
            let made = self.names.definitions.get(set.definitions.clone()).unwrap_or_default();
            if made.iter().any(|definition| !definition.uses.is_empty()) {
                continue;
            }
            let (start, _) = self.local(set.span);
            let rest = self.file.text().get(start + 3..).unwrap_or_default();
            let blank = rest.len() - rest.trim_start().len();
            let word = Span::new(set.span.start, set.span.start + 3);
            let mut useless = Diagnostic::advice(
                "repx::lint::useless-rec",
                "no attribute of this set uses another: it needs no `rec`",
            )
            .at(word, "not needed");
            if rest.trim_start().starts_with('{') {
                let gone = Span::new(word.start, word.end + blank as u32);
                useless = useless.fix("Remove `rec`", gone, "");
            }
            found.push(useless);
        }
    }

    /// Forms that are out of use.
    fn form(&self, expr: &Expr) -> Option<Diagnostic> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Uri(uri) => Some(
                Diagnostic::warning(
                    "repx::lint::url-literal",
                    "a URL without quotes is an old form of a string",
                )
                .at(span, "write it in quotes")
                .fix("Put it in quotes", span, format!("\"{uri}\"")),
            ),
            ExprKind::LegacyLet(_) => {
                let word = Span::new(span.start, span.start + 3);
                let found = Diagnostic::warning(
                    "repx::lint::legacy-let",
                    "`let { … }` is an old form that few know any more",
                )
                .at(word, "an old form")
                .help("write `let … in`, or `(rec { … }).body`, which means the same");
                let edits = vec![
                    (word, "(rec".to_owned()),
                    (Span::new(span.end, span.end), ").body".to_owned()),
                ];
                let fix = Fix { title: "Write `(rec { … }).body`".into(), edits };
                Some(Diagnostic { fixes: vec![fix], ..found })
            }
            ExprKind::Let { bindings, body } if bindings.is_empty() => {
                let (start, end) = self.local(Span::new(span.start, body.span.start));
                let head = self.file.text().get(start..end).unwrap_or_default();
                let plain = head.split_whitespace().eq(["let", "in"]);
                let found = Diagnostic::advice("repx::lint::empty-let", "this `let` binds nothing")
                    .at(Span::new(span.start, span.start + 3), "binds nothing");
                let gone = Span::new(span.start, body.span.start);
                Some(if plain { found.fix("Remove the `let`", gone, "") } else { found })
            }
            _ => None,
        }
    }
}

fn unused_argument(definition: &Definition) -> Diagnostic {
    let name = definition.name;
    Diagnostic::advice("repx::lint::unused-argument", format!("argument `{name}` is never used"))
        .at(definition.span, "not used")
        .maybe_help(match definition.kind {
            Kind::Argument => Some(format!("call it `_{name}` to say that this is meant")),
            _ => None,
        })
}

fn ends_line(text: &str) -> bool {
    text.is_empty() || text.ends_with('\n')
}
