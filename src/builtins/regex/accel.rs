//! Long subjects through regex-automata, where it gives the same answer.
//!
//! Whether there is a match, and where the leftmost one starts, is the same for every
//! preference; groups and ends are only where no `|` competes (searching) and no loop
//! takes an empty iteration.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::{Builder, Config, Regex as Meta};
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Class, ClassBytes, ClassBytesRange, Hir, Look, Repetition};

use super::parse::Ast;
use super::program::Program;
use super::{Found, Groups};

/// Below this many bytes building the automata costs more than it saves.
const LONG: usize = 512;

/// What is known about the next match.
pub(super) enum Hit {
    /// All of it.
    Whole(Found),
    /// Where it starts.
    Start(usize),
}

/// What a question led to.
pub(super) enum Answer<T> {
    /// The answer: a match or none.
    Here(Option<T>),
    /// It must be found the plain way.
    Elsewhere,
}

#[derive(Debug)]
pub(super) struct Accelerator {
    ast: Ast,
    groups: usize,
    /// Whether preference can show in `match`, and in `split`.
    whole_differs: bool,
    search_differs: bool,
    /// Built at the first long subject; none if too large for regex-automata.
    automaton: OnceLock<Option<Meta>>,
    whole: OnceLock<Option<Meta>>,
}

impl Accelerator {
    pub(super) fn new(ast: Ast, program: &Program) -> Self {
        Self {
            ast,
            groups: program.groups,
            whole_differs: program.slotted,
            search_differs: program.slotted || program.branching,
            automaton: OnceLock::new(),
            whole: OnceLock::new(),
        }
    }

    /// The answer of `match`, or none if it isn't to be had here.
    pub(super) fn full_match(&self, subject: &[u8]) -> Answer<Groups> {
        if subject.len() < LONG {
            return Answer::Elsewhere;
        }
        let whole = |ast| Hir::concat(vec![Hir::look(Look::Start), hir(ast), Hir::look(Look::End)]);
        let Some(meta) = self.whole.get_or_init(|| build(&whole(&self.ast))) else {
            return Answer::Elsewhere;
        };
        let input = Input::new(subject).anchored(Anchored::Yes);
        if self.groups == 0 || self.whole_differs {
            let matched = meta.is_match(input);
            return match (matched, self.groups) {
                (false, _) => Answer::Here(None),
                (true, 0) => Answer::Here(Some(Vec::new())),
                (true, _) => Answer::Elsewhere,
            };
        }
        Answer::Here(captures(meta, &input).map(|found| found.groups))
    }

    /// The next match at or after `from`, or none if it isn't to be had here.
    pub(super) fn find(&self, subject: &[u8], from: usize) -> Answer<Hit> {
        if subject.len() < LONG {
            return Answer::Elsewhere;
        }
        let Some(meta) = self.automaton.get_or_init(|| build(&hir(&self.ast))) else {
            return Answer::Elsewhere;
        };
        let input = Input::new(subject).span(from..subject.len());
        if self.search_differs {
            return Answer::Here(meta.search(&input).map(|found| Hit::Start(found.start())));
        }
        Answer::Here(if self.groups == 0 {
            let span = meta.search(&input).map(|found| found.range());
            span.map(|span| Hit::Whole(Found { span, groups: Vec::new() }))
        } else {
            captures(meta, &input).map(Hit::Whole)
        })
    }
}

fn captures(meta: &Meta, input: &Input<'_>) -> Option<Found> {
    let mut found = meta.create_captures();
    meta.search_captures(input, &mut found);
    let span = found.get_match()?.range();
    let group =
        |index| found.get_group(index).map(|span| Range { start: span.start, end: span.end });
    let groups = (1..found.group_len()).map(group).collect();
    Some(Found { span, groups })
}

fn build(hir: &Hir) -> Option<Meta> {
    let config = Config::new().utf8_empty(false);
    Builder::new().configure(config).build_from_hir(hir).ok()
}

fn hir(ast: &Ast) -> Hir {
    match ast {
        Ast::Byte(byte) => Hir::literal([*byte]),
        Ast::Any => bytes([ClassBytesRange::new(0, 255)]),
        Ast::Set(set) => {
            let members = (0..=255).filter(|&byte| set.contains(byte));
            bytes(members.map(|byte| ClassBytesRange::new(byte, byte)))
        }
        Ast::Start => Hir::look(Look::Start),
        Ast::End => Hir::look(Look::End),
        Ast::Group(index, body) => {
            Hir::capture(Capture { index: *index as u32 + 1, name: None, sub: Box::new(hir(body)) })
        }
        Ast::Concat(parts) => Hir::concat(parts.iter().map(hir).collect()),
        Ast::Alternation(parts) => Hir::alternation(parts.iter().map(hir).collect()),
        Ast::Repeat { body, min, max } => Hir::repetition(Repetition {
            min: *min,
            max: *max,
            greedy: true,
            sub: Box::new(hir(body)),
        }),
    }
}

fn bytes(ranges: impl IntoIterator<Item = ClassBytesRange>) -> Hir {
    Hir::class(Class::Bytes(ClassBytes::new(ranges)))
}
