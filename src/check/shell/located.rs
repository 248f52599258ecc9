//! A script as it is written: one string, several put together, or a file that is read.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::super::tree::literal_path;
use crate::source::{Name, SourceFile, Span};
use crate::syntax::{AttrName, BinaryOp, Binding, Expr, ExprKind, Param, Traced, find, traced};

/// A script's text, and where it stands.
#[derive(Clone, Debug, Default)]
pub struct Located {
    /// Its text, a word in the place of each interpolation. Places are those of all sources.
    traced: Traced,
    /// Where in the text a string begins. What one place names lies in one of them.
    parts: Vec<usize>,
    /// Something is put together with the rest that has to be evaluated to be known.
    partial: bool,
    /// How many expressions were looked at for it.
    steps: u32,
}

/// Words that stand for interpolations begin with this.
const STAND_IN: &str = "repx_value_";

/// Of a script that is put together in more ways, only so many are looked at.
const MOST_WAYS: usize = 16;
/// Names that lead to names, and what is put together, are followed so far.
const MOST_STEPS: u32 = 1000;

/// Where expressions stand, and how other files are reached.
pub struct Written<'a> {
    /// The whole file.
    pub root: &'a Expr,
    /// Its text.
    pub file: &'a SourceFile,
    /// Gives the text of another one, if it can be read.
    pub read: &'a dyn Fn(&Path) -> Option<Arc<SourceFile>>,
}

impl Located {
    /// The script that an expression gives, if that is a string as it stands: the string itself, a function that
    /// gives it, or one behind `let`, `with` and `assert`.
    pub fn of(expr: &Expr, file: &SourceFile) -> Option<Located> {
        match *ways(expr).as_slice() {
            [only] => {
                let mut script = Located::default();
                script.string(only, file).then_some(script)
            }
            _ => None,
        }
    }

    /// The scripts that an expression gives, one for each branch of an `if`: strings, those that names of the file
    /// stand for, what is put together of them, and files that are read. None of what has to be evaluated to be known.
    pub fn all(expr: &Expr, written: &Written<'_>) -> Vec<Located> {
        let scripts = ways(expr).into_iter().map(|way| {
            let mut script = Located::default();
            script.add(way, written);
            script
        });
        scripts.filter(|script| !script.parts.is_empty()).collect()
    }

    /// Its text.
    pub fn text(&self) -> &str {
        &self.traced.text
    }

    /// Is some of it not known, so that it may say anything?
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Where words stand for interpolations.
    pub fn holes(&self) -> impl Iterator<Item = &Range<usize>> {
        self.traced.holes.iter().map(|(hole, _)| hole)
    }

    /// Where a part of the text stands. Of what several strings hold together it is the beginning.
    pub fn place(&self, range: Range<usize>) -> Span {
        let next = self.parts.iter().find(|start| **start > range.start);
        let end = next.map_or(range.end, |next| range.end.min(*next));
        let place = self.traced.source(range.start..end);
        Span::new(place.start, place.end)
    }

    /// Is a word nothing but an interpolation?
    pub(super) fn stands_in(word: &str) -> bool {
        let word = word.trim_matches('"');
        let number = word.strip_prefix(STAND_IN);
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    }

    /// Does a part of the text have to do with an interpolation?
    pub(super) fn is_mixed(text: &str) -> bool {
        text.contains(STAND_IN)
    }

    /// Adds what an expression gives, as far as that can be told.
    fn add(&mut self, expr: &Expr, written: &Written<'_>) {
        self.steps += 1;
        let added = self.steps < MOST_STEPS
            && match &expr.kind {
                ExprKind::Text(_) => self.string(expr, written.file),
                ExprKind::Binary { op: BinaryOp::Add, left, right, .. } => {
                    self.add(left, written);
                    self.add(right, written);
                    true
                }
                ExprKind::Var(name) => match bound(written.root, *name, expr.span) {
                    Some(bound) => {
                        self.add(bound, written);
                        true
                    }
                    None => false,
                },
                ExprKind::Apply { function, argument } if calls(function, "readFile") => {
                    let path = literal_path(argument, written.file.path());
                    let file = path.and_then(|path| (written.read)(&path));
                    file.is_some_and(|file| self.file(&file))
                }
                // What may be left out is there in the longest script.
                ExprKind::Apply { function, argument } if is_optional(function) => {
                    self.add(argument, written);
                    true
                }
                _ => false,
            };
        self.partial |= !added;
    }

    /// Adds a string as it stands.
    fn string(&mut self, expr: &Expr, file: &SourceFile) -> bool {
        let base = expr.span.start;
        let local = |offset: u32| offset.checked_sub(file.start()).map(|at| at as usize);
        let holes = self.traced.holes.len();
        let string = || {
            let source = file.text().get(local(base)?..local(expr.span.end)?)?;
            traced(source, |number| format!("{STAND_IN}{}", holes + number))
        };
        let Some(string) = string() else { return false };
        let start = self.begin();
        let holes = string.holes.into_iter().map(|(hole, at)| {
            (hole.start + start..hole.end + start, at.start + base..at.end + base)
        });
        self.traced.holes.extend(holes);
        self.traced.text.push_str(&string.text);
        self.traced.origins.extend(string.origins.into_iter().map(|origin| base + origin));
        true
    }

    /// Adds a file that is read.
    fn file(&mut self, file: &SourceFile) -> bool {
        self.begin();
        self.traced.text.push_str(file.text());
        self.traced.origins.extend(file.span().start..file.span().end);
        true
    }

    fn begin(&mut self) -> usize {
        let start = self.traced.text.len();
        self.parts.push(start);
        start
    }
}

/// The expressions of which one is what a function gives, or `let`, `with`, `assert` and `if`.
fn ways(expr: &Expr) -> Vec<&Expr> {
    let (mut ways, mut todo) = (Vec::new(), vec![expr]);
    while let Some(expr) = todo.pop() {
        match &expr.kind {
            ExprKind::Lambda { body, .. }
            | ExprKind::Let { body, .. }
            | ExprKind::With { body, .. }
            | ExprKind::Assert { body, .. } => todo.push(body),
            ExprKind::If { yes, no, .. } => todo.extend([&**no, &**yes]),
            _ => ways.push(expr),
        }
        if ways.len() == MOST_WAYS {
            break;
        }
    }
    ways
}

/// What a name at a place is bound to, if that is the value of a binding.
fn bound(root: &Expr, wanted: Name, place: Span) -> Option<&Expr> {
    let mut found = None;
    find::walk_around(root, place, &mut |expr| match &expr.kind {
        ExprKind::Let { bindings, .. }
        | ExprKind::LegacyLet(bindings)
        | ExprKind::Set { recursive: true, bindings } => {
            for binding in bindings {
                match binding {
                    Binding::Assign { path, value, .. } => {
                        if let Some(AttrName::Static { name, .. }) = path.first()
                            && *name == wanted
                        {
                            found = (path.len() == 1).then_some(value);
                        }
                    }
                    Binding::Inherit { names, .. } => {
                        if names.iter().any(|(name, _)| *name == wanted) {
                            found = None;
                        }
                    }
                }
            }
        }
        ExprKind::Lambda { param, .. } if takes(param, wanted) => found = None,
        _ => {}
    });
    found
}

fn takes(param: &Param, wanted: Name) -> bool {
    match param {
        Param::Name { name, .. } => *name == wanted,
        Param::Formals { formals, at, .. } => {
            formals.iter().any(|formal| formal.name == wanted)
                || at.is_some_and(|(name, _)| name == wanted)
        }
    }
}

/// Is this a function that goes by a name, wherever it comes from?
fn calls(function: &Expr, wanted: &str) -> bool {
    let name = match &function.kind {
        ExprKind::Var(name) => *name,
        ExprKind::Select { path, default: None, .. } => match path.last() {
            Some(AttrName::Static { name, .. }) => *name,
            Some(AttrName::Dynamic { .. }) | None => return false,
        },
        _ => return false,
    };
    *name.text() == *wanted
}

/// `lib.optionalString condition`
fn is_optional(function: &Expr) -> bool {
    match &function.kind {
        ExprKind::Apply { function, .. } => calls(function, "optionalString"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;
    use crate::syntax::parse;

    fn slice(file: &SourceFile, place: Span) -> &str {
        let local = |offset: u32| (offset - file.start()) as usize;
        &file.text()[local(place.start)..local(place.end)]
    }

    /// The scripts of `run`, each of its words with the text that stands at its place.
    fn scripts(text: &str) -> Vec<(String, bool)> {
        let sources = SourceMap::new();
        let other = sources.add("/lab/more.sh", "from a file\n").expect("it fits");
        let file = sources.add("/lab/stages/x.nix", text).expect("it fits");
        let root = parse(&file).root;
        let read = |path: &Path| (path == Path::new("/lab/more.sh")).then(|| Arc::clone(&other));
        let mut run = None;
        find::walk(&root, &mut |expr| {
            if let ExprKind::Set { bindings, .. } = &expr.kind {
                run = run.or(bindings.iter().find_map(|binding| match binding {
                    Binding::Assign { path, value, .. } => {
                        let named =
                            path.last().is_some_and(|name| slice(&file, name.span()) == "run");
                        named.then_some(value)
                    }
                    Binding::Inherit { .. } => None,
                }));
            }
        });
        let written = Written { root: &root, file: &file, read: &read };
        let all = Located::all(run.expect("it is there"), &written);
        for script in &all {
            let mut at = 0;
            for word in script.text().split([' ', '\n']) {
                let place = script.place(at..at + word.len());
                let shown = sources.file(place).map(|file| slice(&file, place).to_owned());
                if !Located::is_mixed(word) && !word.is_empty() {
                    assert_eq!(shown.as_deref(), Some(word), "{text}");
                }
                at += word.len() + 1;
            }
        }
        all.into_iter().map(|script| (script.text().to_owned(), script.partial)).collect()
    }

    fn known(text: &str) -> (String, bool) {
        (text.to_owned(), false)
    }

    fn partial(text: &str) -> (String, bool) {
        (text.to_owned(), true)
    }

    #[test]
    fn what_is_written_is_found() {
        let one = scripts("{ run = { params, ... }: ''\n  echo ${params.x} b\n''; }");
        assert_eq!(one, [known("echo repx_value_0 b\n")]);
        let two =
            scripts("_: let a = \"one \"; in { run = { inputs }: a + ''two ${1} '' + \"${2}\"; }");
        assert_eq!(two, [known("one two repx_value_0 repx_value_1")]);
        let ways = scripts("{ run = p: if p.x then with p; \"a\" else assert true; \"b\"; }");
        assert_eq!(ways, [known("a"), known("b")]);
        let read = scripts("{ run = _: \"begin \" + builtins.readFile ../more.sh; }");
        assert_eq!(read, [known("begin from a file\n")]);
        let more = scripts("{ lib }: { run = _: \"a \" + lib.optionalString true \"b\"; }");
        assert_eq!(more, [known("a b")]);
    }

    #[test]
    fn what_is_not_written_is_told() {
        assert_eq!(scripts("{ run = p: p.begin + \"a\"; }"), [partial("a")]);
        assert_eq!(scripts("let a = \"x\"; in { run = { a }: a; }"), []);
        assert_eq!(scripts("let a = \"x\"; in { run = { ... }@a: \"b \" + a; }"), [partial("b ")]);
        assert_eq!(scripts("{ run = _: builtins.readFile ./gone; }"), []);
        assert_eq!(scripts("let a = a + \"x\"; in { run = _: \"b\" + a; }").len(), 1);
        assert_eq!(scripts("{ run = _: map (x: x) [ \"a\" ]; }"), []);
    }
}
