//! Bytes as they are made.

use hashbrown::HashMap;

use super::super::{Expr, Program};
use super::MAX_DEPTH;
use super::nodes::{DEFERRED, Packed};
use crate::source::{Name, Span};

/// Expressions shorter than this are read at once: deferring them would cost more.
const MIN_DEFERRED: usize = 12;

pub(super) struct Writer<'a> {
    bytes: Vec<u8>,
    file: Span,
    directory: &'a [u8],
    /// Names in the order of their first use.
    names: Vec<Name>,
    index: HashMap<Name, u32>,
    depth: u32,
    too_deep: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(file: Span, directory: &'a [u8]) -> Writer<'a> {
        Writer {
            bytes: Vec::new(),
            file,
            directory,
            names: Vec::new(),
            index: HashMap::new(),
            depth: 0,
            too_deep: false,
        }
    }

    pub(super) fn program(&mut self, program: &Program) {
        self.span(program.span);
        program.body.pack(self);
    }

    /// Three lengths, the code, where each name ends, the names. `None` if it can't be kept.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        if self.too_deep {
            return None;
        }
        let texts: usize = self.names.iter().map(|name| name.bytes().len()).sum();
        let mut all = Vec::with_capacity(12 + self.bytes.len() + 4 * self.names.len() + texts);
        for length in [self.names.len(), self.bytes.len(), texts] {
            all.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
        }
        all.extend_from_slice(&self.bytes);
        let mut end = 0_u32;
        for name in &self.names {
            end += name.bytes().len() as u32;
            all.extend_from_slice(&end.to_le_bytes());
        }
        for name in &self.names {
            all.extend_from_slice(name.bytes());
        }
        Some(all)
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    pub(super) fn text(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// A path: how much of it is the directory's, and the rest.
    pub(super) fn path(&mut self, path: &[u8]) {
        let same = path.iter().zip(self.directory).take_while(|(a, b)| a == b).count();
        self.number(same as u64);
        self.text(path.get(same..).unwrap_or_default());
    }

    pub(super) fn name(&mut self, name: Name) {
        let next = self.names.len() as u32;
        let index = *self.index.entry(name).or_insert(next);
        if index == next {
            self.names.push(name);
        }
        self.number(u64::from(index));
    }

    /// Where it begins in the file, from 1, and its length; 0 is no place.
    pub(super) fn span(&mut self, span: Span) {
        if span.is_none() {
            return self.number(0);
        }
        self.number(u64::from(span.start.saturating_sub(self.file.start)) + 1);
        self.number(u64::from(span.len()));
    }

    /// Goes a level down; false if that is too deep.
    pub(super) fn descend(&mut self) -> bool {
        self.depth += 1;
        self.too_deep |= self.depth > MAX_DEPTH;
        !self.too_deep
    }

    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// An expression that a reader may leave for later.
    pub(super) fn later(&mut self, expr: &Expr) {
        let start = self.bytes.len();
        expr.pack(self);
        let end = self.bytes.len();
        if end - start < MIN_DEFERRED || !can_wait(expr) {
            return;
        }
        self.byte(DEFERRED);
        self.number((end - start) as u64);
        // The header has been written behind what it heads.
        let header = self.bytes.len() - end;
        if let Some(both) = self.bytes.get_mut(start..) {
            both.rotate_right(header);
        }
    }
}

/// Would evaluation suspend it? What evaluation looks at before it is asked for (constants,
/// functions, names) must be there.
fn can_wait(expr: &Expr) -> bool {
    match expr {
        Expr::Null
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::Text(_)
        | Expr::Path(_)
        | Expr::Local(_)
        | Expr::Outer { .. }
        | Expr::Global(_)
        | Expr::With(_)
        | Expr::CurrentPosition(_)
        | Expr::Lambda(_)
        | Expr::Hole(_) => false,
        Expr::List(items) => !items.is_empty(),
        Expr::Set(set) => !set.values.is_empty() || !set.dynamic.is_empty(),
        Expr::Interpolation(_)
        | Expr::RecSet(_)
        | Expr::Let(_)
        | Expr::WithIn(_)
        | Expr::Assert(_)
        | Expr::If(_)
        | Expr::Call(_)
        | Expr::Select(_)
        | Expr::HasAttr(_)
        | Expr::Not(_)
        | Expr::Negate(_)
        | Expr::Binary(_)
        | Expr::Deferred(_) => true,
    }
}
