//! Names that `with` gives.
//!
//! Which of the sets around it has a name only evaluation knows for certain. But of a set that is written out,
//! of the builtins and of repx's library it is known what they have, of the package set what it had when the
//! lab was last evaluated. Behind a set of which nothing is known nothing is said.

use super::look::{Key, Node};
use super::schema::library;
use super::spot::{Located, static_name};
use super::thing::{Scene, Thing, port};
use super::uses::Side;
use crate::builtins;
use crate::source::{Name, Span};
use crate::syntax::{AttrName, ExprKind};

/// What is known of a set by what it is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Known {
    /// `builtins`
    Builtins,
    /// `repx-lib`, `repx`
    Library,
    /// `utils`
    Utils,
    /// `pkgs`
    Packages,
    /// `lib`, `pkgs.lib`
    Lib,
}

impl Known {
    /// The set that some words name.
    pub(super) fn of(words: &str) -> Option<Known> {
        Some(match words {
            "builtins" => Known::Builtins,
            "repx-lib" | "repx" => Known::Library,
            "utils" | "repx-lib.utils" | "repx.utils" => Known::Utils,
            "pkgs" => Known::Packages,
            "lib" | "pkgs.lib" => Known::Lib,
            _ => return None,
        })
    }
}

/// The name of the set within the package set that some words name: `pkgs.python3Packages`.
pub(super) fn package_set(words: &str) -> Option<Name> {
    let name = words.strip_prefix("pkgs.").filter(|name| !name.contains('.'))?;
    (Known::of(words).is_none()).then(|| Name::new(name))
}

/// What stands for what isn't called anything.
const NAMELESS: char = '?';

impl<'a> Scene<'a> {
    /// What an expression is called where names lead no further: `pkgs`, `repx-lib.utils`.
    pub(super) fn words_of(&self, node: Node<'a>) -> String {
        let further = self.look.step(node).map(|next| self.words_of(next));
        if let Some(words) = further.filter(|words| !words.starts_with(NAMELESS)) {
            return words;
        }
        match &node.expr.kind {
            ExprKind::Var(name) if node.rest.is_empty() => name.to_string(),
            ExprKind::Select { from, path, default: None } if node.rest.is_empty() => {
                self.words_by(Node { expr: from, ..node }, path)
            }
            _ => NAMELESS.to_string(),
        }
    }

    /// The same of what a path selects.
    pub(super) fn words_by(&self, from: Node<'a>, path: &[AttrName]) -> String {
        let mut words = vec![self.words_of(from)];
        words.extend(path.iter().filter_map(static_name).map(|(name, _)| name.to_string()));
        words.join(".")
    }

    /// What a name may mean that only a `with` around it can give: what the innermost set that has it holds
    /// under it, as far as that can be told.
    pub(super) fn by_with(&self, located: &Located<'a>, name: Name, span: Span) -> Vec<Thing> {
        let mut things = Vec::new();
        for set in self.look.opened(self.text, span) {
            if let Some(port) = self.port_of_set(located, set, name) {
                things.push(Thing::Port(port));
                break;
            }
            let entries = self.look.entries(set);
            if let Some(entry) = entries.get(name) {
                things.extend(self.declared(entry.key, u32::MAX));
                things.push(Thing::Attribute(entry.key));
                break;
            }
            let words = self.words_of(set);
            let known = Known::of(&words);
            match known {
                Some(Known::Builtins) if is_builtin(name) => {
                    things.push(Thing::Builtin(name));
                    break;
                }
                Some(Known::Library | Known::Utils) => {
                    if let Some(function) = library(&format!("{words}.{name}")) {
                        things.push(Thing::Library(function.name.to_owned()));
                        break;
                    }
                }
                Some(Known::Packages) => things.push(Thing::Package(name)),
                Some(Known::Lib) => things.push(Thing::Lib(name)),
                Some(Known::Builtins) => {}
                None if entries.complete => {}
                None => {
                    things.extend(package_set(&words).map(|set| Thing::Member(set, name)));
                    break;
                }
            }
        }
        things
    }

    /// The attribute of a set that is written out which a name means, if only a `with` can give it.
    pub(super) fn attribute_by_with(&self, text: usize, name: Name, span: Span) -> Option<Key> {
        for set in self.look.opened(text, span) {
            let entries = self.look.entries(set);
            if let Some(entry) = entries.get(name) {
                return Some(entry.key);
            }
            if !entries.complete {
                return None;
            }
        }
        None
    }

    /// `with params;` in a function of a stage: the parameter of a name.
    fn port_of_set(
        &self,
        located: &Located<'a>,
        set: Node<'a>,
        name: Name,
    ) -> Option<super::wires::Port> {
        let ExprKind::Var(word) = &set.expr.kind else { return None };
        let side = Side::of_word(*word)?;
        let (stage, part) = self.function_around(located)?;
        let port = port(self.sketch.stages.get(stage)?, stage, part, side, name);
        (!self.declarations(port).is_empty()).then_some(port)
    }
}

fn is_builtin(name: Name) -> bool {
    builtins::documented().any(|row| row.name.as_bytes() == name.bytes())
}
