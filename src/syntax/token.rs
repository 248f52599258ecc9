//! The tokens of Nix, and what Nix calls them in its messages.

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Kind {
    End,
    Invalid,
    Id,
    /// A stretch of a `"…"` string or of a path after its first segment, escapes included.
    Str,
    /// A stretch of a `''…''` string in which white space at the start of lines counts.
    IndStr,
    /// An escape in a `''…''` string, or a lone `$` or `'`: it ends a line's indentation.
    IndEscape,
    Int,
    Float,
    Path,
    HomePath,
    SearchPath,
    /// Empty; Nix's lexer ends each path with it.
    PathEnd,
    Uri,
    If,
    Then,
    Else,
    Assert,
    With,
    Let,
    In,
    Rec,
    Inherit,
    OrWord,
    Equal,
    NotEqual,
    LessEqual,
    MoreEqual,
    Update,
    Concat,
    And,
    Or,
    Implies,
    PipeFrom,
    PipeInto,
    /// `${`
    Interpolate,
    IndOpen,
    IndClose,
    Ellipsis,
    Less,
    More,
    Plus,
    Minus,
    Times,
    Slash,
    Question,
    Colon,
    At,
    Semicolon,
    Not,
    Dot,
    Quote,
    ParenOpen,
    ParenClose,
    BraceOpen,
    BraceClose,
    BracketOpen,
    BracketClose,
    Assign,
    Comma,
}

impl Kind {
    /// The token in the words of Nix's own syntax errors.
    pub(super) fn wording(self) -> &'static str {
        match self {
            Kind::End => "end of file",
            Kind::Invalid => "invalid token",
            Kind::Id => "identifier",
            Kind::Str => "string",
            Kind::IndStr | Kind::IndEscape => "indented string",
            Kind::Int => "integer",
            Kind::Float => "floating-point literal",
            Kind::Path => "path",
            Kind::HomePath => "'~/…' path",
            Kind::SearchPath => "'<…>' path",
            Kind::PathEnd => "end of path",
            Kind::Uri => "URI",
            Kind::If => "'if'",
            Kind::Then => "'then'",
            Kind::Else => "'else'",
            Kind::Assert => "'assert'",
            Kind::With => "'with'",
            Kind::Let => "'let'",
            Kind::In => "'in'",
            Kind::Rec => "'rec'",
            Kind::Inherit => "'inherit'",
            Kind::OrWord => "'or'",
            Kind::Equal => "'=='",
            Kind::NotEqual => "'!='",
            Kind::LessEqual => "'<='",
            Kind::MoreEqual => "'>='",
            Kind::Update => "'//'",
            Kind::Concat => "'++'",
            Kind::And => "'&&'",
            Kind::Or => "'||'",
            Kind::Implies => "'->'",
            Kind::PipeFrom => "'<|'",
            Kind::PipeInto => "'|>'",
            Kind::Interpolate => "'${'",
            Kind::IndOpen => "start of an indented string",
            Kind::IndClose => "end of an indented string",
            Kind::Ellipsis => "'...'",
            Kind::Less => "'<'",
            Kind::More => "'>'",
            Kind::Plus => "'+'",
            Kind::Minus => "'-'",
            Kind::Times => "'*'",
            Kind::Slash => "'/'",
            Kind::Question => "'?'",
            Kind::Colon => "':'",
            Kind::At => "'@'",
            Kind::Semicolon => "';'",
            Kind::Not => "'!'",
            Kind::Dot => "'.'",
            Kind::Quote => "'\"'",
            Kind::ParenOpen => "'('",
            Kind::ParenClose => "')'",
            Kind::BraceOpen => "'{'",
            Kind::BraceClose => "'}'",
            Kind::BracketOpen => "'['",
            Kind::BracketClose => "']'",
            Kind::Assign => "'='",
            Kind::Comma => "','",
        }
    }

    /// Can an expression without operators begin with this token?
    pub(super) fn starts_operand(self) -> bool {
        matches!(
            self,
            Kind::Id
                | Kind::Int
                | Kind::Float
                | Kind::Quote
                | Kind::IndOpen
                | Kind::Path
                | Kind::HomePath
                | Kind::SearchPath
                | Kind::Uri
                | Kind::ParenOpen
                | Kind::Let
                | Kind::Rec
                | Kind::BraceOpen
                | Kind::BracketOpen
        )
    }

    /// Can a name of an attribute path begin with this token?
    pub(super) fn starts_name(self) -> bool {
        matches!(self, Kind::Id | Kind::OrWord | Kind::Quote | Kind::Interpolate)
    }

    /// Is it a word that could have been meant as a name?
    pub(super) fn is_keyword(self) -> bool {
        matches!(
            self,
            Kind::If
                | Kind::Then
                | Kind::Else
                | Kind::Assert
                | Kind::With
                | Kind::Let
                | Kind::In
                | Kind::Rec
                | Kind::Inherit
        )
    }
}

/// The keyword that this word is, if it is one.
pub(super) fn keyword(word: &[u8]) -> Option<Kind> {
    Some(match word {
        b"if" => Kind::If,
        b"then" => Kind::Then,
        b"else" => Kind::Else,
        b"assert" => Kind::Assert,
        b"with" => Kind::With,
        b"let" => Kind::Let,
        b"in" => Kind::In,
        b"rec" => Kind::Rec,
        b"inherit" => Kind::Inherit,
        b"or" => Kind::OrWord,
        _ => return None,
    })
}

/// A token and its bytes, as offsets within the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
}
