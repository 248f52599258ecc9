//! Files beside those of a lab that the lab doesn't use.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::file::Around;
use super::tree::{literal_paths, nix_files};
use crate::diagnostic::Diagnostic;
use crate::lab::{Body, Lab};
use crate::session::{NIXLIB, Session};
use crate::source::{Name, SourceFile, Span};
use crate::syntax::{AttrName, BinaryOp, Binding, Expr, ExprKind, find};

/// A directory with more files than this is not only a lab's.
const MOST: usize = 2_000;

/// Files that stand beside the lab's stages, pipelines and runs, and that nothing below its root
/// names. Nothing is said where files are found by computing their paths.
pub(super) fn unused_files(session: &Session<'_>, lab: &Lab<'_>, root: &Path) -> Vec<Diagnostic> {
    let sources = session.shared.sources;
    let around = Around::new(session.shared.world, sources);
    let directories = directories(session, lab, root);
    let all = nix_files(around.world, &[root.to_owned()]).unwrap_or_default();
    if all.len() > MOST || directories.is_empty() {
        return Vec::new();
    }
    let read = sources.files().into_iter().map(|file| sources.original(file.path()));
    let read: HashSet<PathBuf> = read.collect();
    let mut named: HashSet<PathBuf> = HashSet::new();
    for path in &all {
        let Ok(file) = around.read(path) else { return Vec::new() };
        let tree = session.shared.trees.of(&file);
        if computes_paths(&tree.root, file.text()) {
            return Vec::new();
        }
        named.extend(literal_paths(&tree.root, path));
    }
    let unused = all.iter().filter(|path| {
        let inside = path.parent().is_some_and(|parent| directories.contains(parent));
        inside && !named.contains(*path) && !read.contains(*path)
    });
    let part = |file: &SourceFile| is_part_of_a_lab(&session.shared.trees.of(file).root);
    unused
        .filter_map(|path| {
            let file = around.read(path).ok().filter(|file| part(file))?;
            let span = Span::new(file.start(), file.start() + u32::from(!file.text().is_empty()));
            Some(
                Diagnostic::warning(
                    "repx::lab::unused-file",
                    format!("nothing in this lab uses {}", shown(path, root)),
                )
                .at(span, "this file")
                .help("call it from a pipeline, a run or the lab, or remove it"),
            )
        })
        .collect()
}

fn shown(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

/// Where the lab's stages, pipelines and runs lie, but for its root: other things lie there too.
fn directories(session: &Session<'_>, lab: &Lab<'_>, root: &Path) -> HashSet<PathBuf> {
    let sources = session.shared.sources;
    let mut spans = Vec::new();
    for run in &lab.runs {
        spans.push(run.span);
        for stage in run.pipelines.iter().flat_map(|pipeline| &pipeline.stages) {
            spans.extend([stage.span, stage.pname.key.span]);
            if let Body::Simple(part) = &stage.body {
                spans.extend(part.attrs.attr(Name::new("run")).map(|attr| attr.key.span));
            }
        }
    }
    let files = spans.into_iter().filter_map(|span| sources.file(span));
    let paths = files.map(|file| sources.original(file.path()));
    let inside = paths.filter(|path| path.starts_with(root) && !path.starts_with(NIXLIB));
    let parents = inside.filter_map(|path| path.parent().map(Path::to_owned));
    parents.filter(|parent| parent != root).collect()
}

/// Does a file give a stage, a run or a pipeline?
fn is_part_of_a_lab(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Lambda { body, .. }
        | ExprKind::Let { body, .. }
        | ExprKind::With { body, .. } => is_part_of_a_lab(body),
        ExprKind::Set { bindings, .. } => bindings.iter().any(|binding| match binding {
            Binding::Assign { path, .. } => matches!(
                path.first(),
                Some(AttrName::Static { name, .. })
                    if [&b"pname"[..], b"pipelines"].contains(&name.bytes())
            ),
            Binding::Inherit { .. } => false,
        }),
        ExprKind::Apply { function, .. } => matches!(
            &function.kind,
            ExprKind::Select { path, .. }
                if matches!(path.last(), Some(AttrName::Static { name, .. }) if name.bytes() == b"mkPipe")
        ),
        _ => false,
    }
}

/// Are files found otherwise than by naming them?
fn computes_paths(tree: &Expr, text: &str) -> bool {
    let mut computed = text.contains("readDir") || text.contains("filesystem.");
    find::walk(tree, &mut |expr| match &expr.kind {
        ExprKind::Path(parts) => computed |= parts.len() > 1,
        ExprKind::Binary { op: BinaryOp::Add, left, .. } => {
            computed |= matches!(left.kind, ExprKind::Path(_));
        }
        _ => {}
    });
    computed
}
