//! Pattern text → syntax tree, accepting exactly what libstdc++'s scanner accepts.

use super::program::MAX_STATES;

mod bracket;

/// A set of bytes, one bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(super) const EMPTY: Self = Self([0; 4]);

    pub(super) fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }

    fn complement(self) -> Self {
        Self(self.0.map(|word| !word))
    }
}

/// A pattern.
#[derive(Clone, Debug)]
pub(super) enum Ast {
    /// One byte.
    Byte(u8),
    /// Any byte at all, newlines too.
    Any,
    /// A bracket expression.
    Set(Box<ByteSet>),
    /// `^`: the start of the subject.
    Start,
    /// `$`: its end.
    End,
    /// A group with its index, from 0.
    Group(usize, Box<Ast>),
    /// One after the other.
    Concat(Vec<Ast>),
    /// One or the other, by preference.
    Alternation(Vec<Ast>),
    /// At least `min` times, and at most `max` if given.
    Repeat { body: Box<Ast>, min: u32, max: Option<u32> },
}

impl Ast {
    /// Whether it can match without consuming anything.
    pub(super) fn nullable(&self) -> bool {
        match self {
            Ast::Byte(_) | Ast::Any | Ast::Set(_) => false,
            Ast::Start | Ast::End => true,
            Ast::Group(_, body) => body.nullable(),
            Ast::Concat(parts) => parts.iter().all(Ast::nullable),
            Ast::Alternation(parts) => parts.iter().any(Ast::nullable),
            Ast::Repeat { body, min, .. } => *min == 0 || body.nullable(),
        }
    }
}

/// Why a pattern is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Invalid,
    TooLarge,
}

/// Groups may nest this deep, so that walking the tree can't exhaust a thread's stack.
const MAX_DEPTH: usize = 250;

/// Postfix operators may pile up this high on one atom, for the same reason.
const MAX_POSTFIX: usize = 50;

/// The characters with a meaning outside brackets; only these can be escaped.
const SPECIAL: &[u8] = b".[\\()*+?{|^$";

pub(super) fn parse(pattern: &[u8]) -> Result<Ast, Refusal> {
    let mut parser = Parser { pattern, at: 0, groups: 0, depth: 0 };
    let ast = parser.disjunction()?;
    match parser.peek() {
        None => Ok(ast),
        Some(_) => Err(Refusal::Invalid),
    }
}

struct Parser<'a> {
    pattern: &'a [u8],
    at: usize,
    groups: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, Refusal> {
        let byte = self.peek().ok_or(Refusal::Invalid)?;
        self.at += 1;
        Ok(byte)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn disjunction(&mut self) -> Result<Ast, Refusal> {
        let mut branches = vec![self.concat()?];
        while self.eat(b'|') {
            branches.push(self.concat()?);
        }
        Ok(match branches.len() {
            1 => branches.swap_remove(0),
            _ => Ast::Alternation(branches),
        })
    }

    fn concat(&mut self) -> Result<Ast, Refusal> {
        let mut parts = Vec::new();
        while let Some(part) = self.term()? {
            parts.push(part);
        }
        Ok(Ast::Concat(parts))
    }

    /// An anchor, or an atom with its repetitions; none where neither can begin.
    fn term(&mut self) -> Result<Option<Ast>, Refusal> {
        let Some(byte) = self.peek() else {
            return Ok(None);
        };
        let atom = match byte {
            b'|' | b')' | b'*' | b'+' | b'?' | b'{' => return Ok(None),
            b'^' | b'$' => {
                self.at += 1;
                return Ok(Some(if byte == b'^' { Ast::Start } else { Ast::End }));
            }
            b'(' => self.group()?,
            _ => {
                self.at += 1;
                self.single(byte)?
            }
        };
        self.postfix(atom).map(Some)
    }

    fn single(&mut self, byte: u8) -> Result<Ast, Refusal> {
        Ok(match byte {
            b'.' => Ast::Any,
            b'[' => Ast::Set(Box::new(self.bracket()?)),
            b'\\' => {
                let escaped = self.next()?;
                if !SPECIAL.contains(&escaped) {
                    return Err(Refusal::Invalid);
                }
                Ast::Byte(escaped)
            }
            plain => Ast::Byte(plain),
        })
    }

    fn group(&mut self) -> Result<Ast, Refusal> {
        self.at += 1;
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Refusal::TooLarge);
        }
        let index = self.groups;
        self.groups += 1;
        let body = self.disjunction()?;
        self.depth -= 1;
        if self.eat(b')') { Ok(Ast::Group(index, Box::new(body))) } else { Err(Refusal::Invalid) }
    }

    fn postfix(&mut self, mut atom: Ast) -> Result<Ast, Refusal> {
        for _ in 0..MAX_POSTFIX {
            let (min, max) = match self.peek() {
                Some(b'*') => (0, None),
                Some(b'+') => (1, None),
                Some(b'?') => (0, Some(1)),
                Some(b'{') => self.interval()?,
                _ => return Ok(atom),
            };
            self.at += 1;
            atom = Ast::Repeat { body: Box::new(atom), min, max };
        }
        Err(Refusal::TooLarge)
    }

    /// `{n}`, `{n,}` or `{n,m}`; stops before the closing brace.
    fn interval(&mut self) -> Result<(u32, Option<u32>), Refusal> {
        self.at += 1;
        let min = self.count()?.ok_or(Refusal::Invalid)?;
        let max = if self.eat(b',') { self.count()? } else { Some(min) };
        if self.peek() != Some(b'}') || max.is_some_and(|max| max < min) {
            return Err(Refusal::Invalid);
        }
        if min.max(max.unwrap_or(0)) as usize > MAX_STATES {
            return Err(Refusal::TooLarge);
        }
        Ok((min, max))
    }

    /// Digits as a C `int`; none when there is no digit.
    fn count(&mut self) -> Result<Option<u32>, Refusal> {
        let mut number: Option<i32> = None;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let shifted = number.unwrap_or(0).checked_mul(10);
            let sum = shifted.and_then(|shifted| shifted.checked_add(i32::from(digit - b'0')));
            number = Some(sum.ok_or(Refusal::Invalid)?);
            self.at += 1;
        }
        Ok(number.map(i32::unsigned_abs))
    }
}
