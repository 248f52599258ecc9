//! Text → tokens, by the rules of Nix's own lexer.
//!
//! In comes the text of one file, out go all its tokens, ending with [`Kind::End`], and the few
//! errors that are the lexer's own. Of all rules that match at a place the longest match wins, as
//! in Nix: `a/b` is a path, `6/(3)` a division, `x:x` a URI, `a->b` the name `a-` and a `>`.
//! Which of the languages (code, two kinds of string, paths) goes on where is a stack, pushed by
//! `{` and `${`, popped by `}`; it doesn't depend on the grammar.

use super::token::{Kind, Token, keyword};

/// What the lexer alone finds wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// `./a/`: the slash stands here.
    TrailingSlash(u32),
    /// `/*` without `*/`, from here to the end.
    OpenComment(u32),
    /// A zero byte within a string.
    Nul {
        /// Where it is.
        at: u32,
        /// The stretch of string it is part of.
        within: (u32, u32),
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Code,
    String,
    Indented,
    /// In a path; true after a slash.
    Path(bool),
}

const NAME_START: u8 = 1;
const NAME: u8 = 2;
const PATH: u8 = 4;
const URI: u8 = 8;
const SCHEME: u8 = 16;
const SPACE: u8 = 32;
const DIGIT: u8 = 64;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => NAME_START | NAME | PATH | URI | SCHEME,
            b'0'..=b'9' => NAME | PATH | URI | SCHEME | DIGIT,
            b'_' => NAME_START | NAME | PATH | URI,
            b'\'' => NAME | URI,
            b'-' => NAME | PATH | URI | SCHEME,
            b'.' | b'+' => PATH | URI | SCHEME,
            b'%' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'$' | b',' | b'!' | b'~' | b'*' => {
                URI
            }
            b' ' | b'\t' | b'\r' | b'\n' => SPACE,
            _ => 0,
        };
        byte += 1;
    }
    table
}

fn is(byte: u8, class: u8) -> bool {
    CLASSES.get(byte as usize).is_some_and(|classes| classes & class != 0)
}

/// All tokens of the text, and what is wrong with them.
pub(super) fn lex(text: &str) -> (Vec<Token>, Vec<Fault>) {
    let mut lexer = Lexer {
        bytes: text.as_bytes(),
        at: 0,
        modes: Vec::new(),
        path_until: 0,
        scheme_until: 0,
        tokens: Vec::with_capacity(text.len() / 5 + 1),
        faults: Vec::new(),
    };
    lexer.run();
    (lexer.tokens, lexer.faults)
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Empty at the outermost level, where `}` pops nothing.
    modes: Vec<Mode>,
    /// Up to here the bytes are known to be of the class [`PATH`], and of [`SCHEME`]: `a+a+a+…`
    /// may be a path or a URI to its very end, at every name anew.
    path_until: usize,
    scheme_until: usize,
    tokens: Vec<Token>,
    faults: Vec<Fault>,
}

impl Lexer<'_> {
    fn run(&mut self) {
        loop {
            match self.modes.last().copied().unwrap_or(Mode::Code) {
                Mode::Code => {
                    self.skip_blank();
                    if self.at >= self.bytes.len() {
                        break;
                    }
                    self.code();
                }
                Mode::String => self.string(),
                Mode::Indented => self.indented(),
                Mode::Path(after_slash) => self.path(after_slash),
            }
            // A path may still have to be ended at the end of the text.
            let in_path = matches!(self.modes.last(), Some(Mode::Path(_)));
            if self.at >= self.bytes.len() && !in_path {
                break;
            }
        }
        self.at = self.bytes.len();
        self.push(Kind::End, 0);
    }

    /// The byte `ahead` of the current one; 0 beyond the end. (A real zero byte begins no rule.)
    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let start = self.at as u32;
        self.at += length;
        self.tokens.push(Token { kind, start, end: self.at as u32 });
    }

    /// How many bytes of this class follow, from `ahead` on.
    fn run_of(&self, ahead: usize, class: u8) -> usize {
        self.bytes
            .get(self.at + ahead..)
            .map_or(0, |rest| rest.iter().take_while(|byte| is(**byte, class)).count())
    }

    /// How many bytes that may stand in a path follow.
    fn path_run(&mut self) -> usize {
        if self.path_until <= self.at {
            self.path_until = self.at + self.run_of(0, PATH);
        }
        self.path_until - self.at
    }

    /// How many bytes that may stand before the colon of a URI follow.
    fn scheme_run(&mut self) -> usize {
        if self.scheme_until <= self.at {
            self.scheme_until = self.at + self.run_of(0, SCHEME);
        }
        self.scheme_until - self.at
    }

    /// White space and comments.
    fn skip_blank(&mut self) {
        loop {
            self.at += self.run_of(0, SPACE);
            match (self.byte(0), self.byte(1)) {
                (b'#', _) => {
                    let rest = self.bytes.get(self.at..).unwrap_or_default();
                    // A lone carriage return ends a comment too.
                    self.at += memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                }
                (b'/', b'*') => {
                    let body = self.bytes.get(self.at + 2..).unwrap_or_default();
                    if let Some(length) = memchr::memmem::find(body, b"*/") {
                        self.at += length + 4;
                    } else {
                        self.faults.push(Fault::OpenComment(self.at as u32));
                        self.at = self.bytes.len();
                    }
                }
                _ => return,
            }
        }
    }

    /// Length of the path `a/b`, `/a`, `~/a` whose slash-led segments begin at `ahead`; 0 if none.
    fn segments(&self, ahead: usize) -> usize {
        let mut length = ahead;
        while self.byte(length) == b'/' {
            let run = self.run_of(length + 1, PATH);
            if run == 0 {
                break;
            }
            length += 1 + run;
        }
        if length == ahead {
            return 0;
        }
        length + usize::from(self.byte(length) == b'/')
    }

    fn begin_path(&mut self, kind: Kind, length: usize) {
        let slash = self.byte(length - 1) == b'/';
        self.push(kind, length);
        self.modes.push(Mode::Path(slash));
    }

    /// A path may begin here: true if one did.
    fn try_path(&mut self, prefix: usize, kind: Kind) -> bool {
        if self.byte(prefix) != b'/' {
            return false;
        }
        let length = self.segments(prefix);
        if length > 0 {
            self.begin_path(kind, length);
            return true;
        }
        if self.byte(prefix + 1) == b'$' && self.byte(prefix + 2) == b'{' {
            self.begin_path(kind, prefix + 1);
            return true;
        }
        false
    }

    fn code(&mut self) {
        let first = self.byte(0);
        if is(first, PATH) || first == b'/' {
            let prefix = self.path_run();
            if self.try_path(prefix, Kind::Path) {
                return;
            }
        }
        if is(first, NAME_START) {
            return self.word();
        }
        let fraction = first == b'.' && is(self.byte(1), DIGIT);
        if is(first, DIGIT) || fraction {
            return self.number();
        }
        match first {
            b'~' if self.try_path(1, Kind::HomePath) => {}
            b'<' if self.try_search_path() => {}
            _ => self.punctuation(),
        }
    }

    fn word(&mut self) {
        let name = self.run_of(0, NAME);
        let scheme = self.scheme_run();
        if self.byte(scheme) == b':' && self.byte(0) != b'_' {
            let rest = self.run_of(scheme + 1, URI);
            if rest > 0 && scheme + 1 + rest > name {
                return self.push(Kind::Uri, scheme + 1 + rest);
            }
        }
        let word = self.bytes.get(self.at..self.at + name).unwrap_or_default();
        self.push(keyword(word).unwrap_or(Kind::Id), name);
    }

    fn number(&mut self) {
        let digits = self.run_of(0, DIGIT);
        let fraction = if self.byte(digits) == b'.' { self.run_of(digits + 1, DIGIT) } else { 0 };
        // `1.` and `1.5`; but only `0.5` and `.5`, and `00.5` is `00` and `.5`.
        let whole = digits > 0 && self.byte(0) != b'0' && self.byte(digits) == b'.';
        let small = (digits == 0 || (digits == 1 && self.byte(0) == b'0')) && fraction > 0;
        if !whole && !small {
            return self.push(Kind::Int, digits);
        }
        let mut length = digits + 1 + fraction;
        if matches!(self.byte(length), b'e' | b'E') {
            let sign = usize::from(matches!(self.byte(length + 1), b'+' | b'-'));
            let power = self.run_of(length + 1 + sign, DIGIT);
            if power > 0 {
                length += 1 + sign + power;
            }
        }
        self.push(Kind::Float, length);
    }

    fn try_search_path(&mut self) -> bool {
        let first = self.run_of(1, PATH);
        if first == 0 {
            return false;
        }
        let mut length = 1 + first;
        while self.byte(length) == b'/' {
            let run = self.run_of(length + 1, PATH);
            if run == 0 {
                return false;
            }
            length += 1 + run;
        }
        if self.byte(length) != b'>' {
            return false;
        }
        self.push(Kind::SearchPath, length + 1);
        true
    }

    fn punctuation(&mut self) {
        let (kind, length) = match (self.byte(0), self.byte(1), self.byte(2)) {
            (b'.', b'.', b'.') => (Kind::Ellipsis, 3),
            (b'=', b'=', _) => (Kind::Equal, 2),
            (b'!', b'=', _) => (Kind::NotEqual, 2),
            (b'<', b'=', _) => (Kind::LessEqual, 2),
            (b'>', b'=', _) => (Kind::MoreEqual, 2),
            (b'&', b'&', _) => (Kind::And, 2),
            (b'|', b'|', _) => (Kind::Or, 2),
            (b'-', b'>', _) => (Kind::Implies, 2),
            (b'/', b'/', _) => (Kind::Update, 2),
            (b'+', b'+', _) => (Kind::Concat, 2),
            (b'<', b'|', _) => (Kind::PipeFrom, 2),
            (b'|', b'>', _) => (Kind::PipeInto, 2),
            (b'$', b'{', _) => (Kind::Interpolate, 2),
            (b'\'', b'\'', _) => (Kind::IndOpen, 2),
            (b'{', ..) => (Kind::BraceOpen, 1),
            (b'}', ..) => (Kind::BraceClose, 1),
            (b'"', ..) => (Kind::Quote, 1),
            (b'<', ..) => (Kind::Less, 1),
            (b'>', ..) => (Kind::More, 1),
            (b'+', ..) => (Kind::Plus, 1),
            (b'-', ..) => (Kind::Minus, 1),
            (b'*', ..) => (Kind::Times, 1),
            (b'/', ..) => (Kind::Slash, 1),
            (b'?', ..) => (Kind::Question, 1),
            (b':', ..) => (Kind::Colon, 1),
            (b'@', ..) => (Kind::At, 1),
            (b';', ..) => (Kind::Semicolon, 1),
            (b'!', ..) => (Kind::Not, 1),
            (b'.', ..) => (Kind::Dot, 1),
            (b'(', ..) => (Kind::ParenOpen, 1),
            (b')', ..) => (Kind::ParenClose, 1),
            (b'[', ..) => (Kind::BracketOpen, 1),
            (b']', ..) => (Kind::BracketClose, 1),
            (b'=', ..) => (Kind::Assign, 1),
            (b',', ..) => (Kind::Comma, 1),
            _ => (Kind::Invalid, self.character()),
        };
        self.push(kind, length);
        self.change_mode(kind);
    }

    fn change_mode(&mut self, kind: Kind) {
        match kind {
            Kind::BraceOpen | Kind::Interpolate => self.modes.push(Mode::Code),
            Kind::BraceClose => drop(self.modes.pop()),
            Kind::Quote => self.modes.push(Mode::String),
            Kind::IndOpen => {
                self.modes.push(Mode::Indented);
                // The rest of the first line is no part of the string if it is blank.
                let rest = self.bytes.get(self.at..).unwrap_or_default();
                let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
                if rest.get(spaces) == Some(&b'\n') {
                    self.at += spaces + 1;
                }
            }
            _other => {}
        }
    }

    /// Length of the character here, in bytes.
    fn character(&self) -> usize {
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        1 + rest.iter().take_while(|byte| **byte & 0xC0 == 0x80).count()
    }

    /// Ends a stretch of string that began at `start`, if it has any bytes.
    fn stretch(&mut self, kind: Kind, start: usize) {
        let Some(bytes) = self.bytes.get(start..self.at) else {
            return;
        };
        if bytes.is_empty() {
            return;
        }
        if let Some(nul) = memchr::memchr(0, bytes) {
            let within = (start as u32, self.at as u32);
            self.faults.push(Fault::Nul { at: (start + nul) as u32, within });
        }
        self.tokens.push(Token { kind, start: start as u32, end: self.at as u32 });
    }

    fn open_interpolation(&mut self) {
        self.push(Kind::Interpolate, 2);
        self.modes.push(Mode::Code);
    }

    /// Up to the next `"` or `${`.
    fn string(&mut self) {
        let start = self.at;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(plain) = memchr::memchr3(b'"', b'\\', b'$', rest) else {
                self.at = self.bytes.len();
                return self.stretch(Kind::Str, start);
            };
            self.at += plain;
            match (self.byte(0), self.byte(1)) {
                (b'"', _) => {
                    self.stretch(Kind::Str, start);
                    self.push(Kind::Quote, 1);
                    self.modes.pop();
                    return;
                }
                (b'$', b'{') => {
                    self.stretch(Kind::Str, start);
                    return self.open_interpolation();
                }
                (b'$', b'"' | b'\\') => self.at += 1,
                // An escaped byte, or the byte after `$`, has no meaning of its own: `$${` is text.
                _ => self.at = (self.at + 2).min(self.bytes.len()),
            }
        }
    }

    /// Up to the next escape, `${` or `''`.
    fn indented(&mut self) {
        let start = self.at;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(plain) = memchr::memchr2(b'\'', b'$', rest) else {
                self.at = self.bytes.len();
                return self.stretch(Kind::IndStr, start);
            };
            self.at += plain;
            let next = self.bytes.get(self.at + 1).copied();
            match (self.byte(0), next) {
                (b'$', Some(b'{' | b'\'') | None) | (b'\'', Some(b'\'' | b'$') | None) => break,
                _ => self.at += 2,
            }
        }
        self.stretch(Kind::IndStr, start);
        let length = match (self.byte(0), self.byte(1), self.byte(2)) {
            (b'$', b'{', _) => return self.open_interpolation(),
            (b'\'', b'\'', b'$' | b'\'') => 3,
            (b'\'', b'\'', b'\\') => {
                self.at += 3;
                let escaped = if self.at < self.bytes.len() { self.character() } else { 0 };
                self.at -= 3;
                3 + escaped
            }
            (b'\'', b'\'', _) => {
                self.push(Kind::IndClose, 2);
                self.modes.pop();
                return;
            }
            _ => 1,
        };
        let escape = self.at;
        self.at += length;
        self.stretch(Kind::IndEscape, escape);
    }

    /// What follows the first stretch of a path.
    fn path(&mut self, after_slash: bool) {
        if self.byte(0) == b'$' && self.byte(1) == b'{' {
            self.modes.pop();
            self.modes.push(Mode::Path(false));
            return self.open_interpolation();
        }
        let prefix = self.run_of(0, PATH);
        let segments = self.segments(prefix);
        let length =
            if segments > 0 { segments } else { prefix + usize::from(self.byte(prefix) == b'/') };
        self.modes.pop();
        if length > 0 {
            let slash = self.byte(length - 1) == b'/';
            self.push(Kind::Str, length);
            self.modes.push(Mode::Path(slash));
            return;
        }
        if after_slash {
            let slash = (self.at as u32).saturating_sub(1);
            self.faults.push(Fault::TrailingSlash(slash));
        }
        self.push(Kind::PathEnd, 0);
    }
}
