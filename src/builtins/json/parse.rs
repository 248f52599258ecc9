//! Tokens → parts of a document, with a stack of our own: depth is bounded by memory only.

use super::super::sink::{NullByte, ReadError, Sink};
use super::JsonError;
use super::lexer::{Fault, Lexer, Token};

type Result<T, S> = std::result::Result<T, ReadError<JsonError, <S as Sink>::Error>>;

/// Reads one JSON document, giving its parts to the sink as they come.
///
/// # Errors
/// [`JsonError`] for text that Nix refuses, or the sink's own; parts given before stay given.
pub fn parse<S: Sink>(text: &[u8], sink: &mut S) -> Result<(), S> {
    let mut parser = Parser { lexer: Lexer::new(text), sink, open: Vec::new() };
    parser.document()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    List,
    Table,
}

struct Parser<'a, S> {
    lexer: Lexer<'a>,
    sink: &'a mut S,
    open: Vec<Container>,
}

/// What has been read, and so what may follow.
enum Step {
    /// A container was opened.
    Opened,
    /// A value is complete.
    Complete,
}

impl<S: Sink> Parser<'_, S> {
    fn document(&mut self) -> Result<(), S> {
        let first = self.lexer.token();
        let mut step = self.value(first)?;
        loop {
            step = match (step, self.open.last()) {
                (Step::Complete, None) => return self.end(),
                (Step::Opened, Some(Container::List)) => match self.lexer.token() {
                    Ok(Token::EndList) => self.close()?,
                    token => self.value(token)?,
                },
                (Step::Opened, Some(Container::Table)) => match self.lexer.token() {
                    Ok(Token::EndTable) => self.close()?,
                    token => self.member(token)?,
                },
                (Step::Complete, Some(Container::List)) => match self.lexer.token() {
                    Ok(Token::Comma) => {
                        let token = self.lexer.token();
                        self.value(token)?
                    }
                    Ok(Token::EndList) => self.close()?,
                    token => return Err(self.fault(token, "array", "']'")),
                },
                (Step::Complete, Some(Container::Table)) => match self.lexer.token() {
                    Ok(Token::Comma) => {
                        let token = self.lexer.token();
                        self.member(token)?
                    }
                    Ok(Token::EndTable) => self.close()?,
                    token => return Err(self.fault(token, "object", "'}'")),
                },
                // Opening pushes a container, so one is open.
                (Step::Opened, None) => return Ok(()),
            };
        }
    }

    fn end(&mut self) -> Result<(), S> {
        match self.lexer.token() {
            Ok(Token::End) => Ok(()),
            token => Err(self.fault(token, "value", "end of input")),
        }
    }

    /// A key, a colon and a value, or the value's beginning.
    fn member(&mut self, token: std::result::Result<Token, Fault>) -> Result<Step, S> {
        let Ok(Token::String) = token else {
            return Err(self.fault(token, "object key", "string literal"));
        };
        let text = self.lexer.text();
        NullByte::check(text).map_err(document)?;
        self.sink.key(text).map_err(ReadError::Sink)?;
        let colon = self.lexer.token();
        let Ok(Token::Colon) = colon else {
            return Err(self.fault(colon, "object separator", "':'"));
        };
        let token = self.lexer.token();
        self.value(token)
    }

    fn value(&mut self, token: std::result::Result<Token, Fault>) -> Result<Step, S> {
        let token = token
            .map_err(|fault| self.error(&format!("while parsing value - {}", self.read(&fault))))?;
        match token {
            Token::BeginList => return self.begin(Container::List),
            Token::BeginTable => return self.begin(Container::Table),
            Token::Null => self.sink.null(),
            Token::True => self.sink.boolean(true),
            Token::False => self.sink.boolean(false),
            Token::Integer(number) => self.sink.integer(number),
            Token::Unsigned(number) => return Err(ReadError::Document(JsonError::Range(number))),
            Token::Float(number) if number.is_finite() => self.sink.float(number),
            Token::Float(_) => return Err(self.overflow()),
            Token::String => {
                let text = self.lexer.text();
                NullByte::check(text).map_err(document)?;
                self.sink.string(text)
            }
            Token::EndList | Token::EndTable | Token::Colon | Token::Comma | Token::End => {
                return Err(self.no_value(token));
            }
        }
        .map_err(ReadError::Sink)?;
        Ok(Step::Complete)
    }

    fn begin(&mut self, container: Container) -> Result<Step, S> {
        self.open.push(container);
        match container {
            Container::List => self.sink.begin_list(),
            Container::Table => self.sink.begin_table(),
        }
        .map_err(ReadError::Sink)?;
        Ok(Step::Opened)
    }

    fn close(&mut self) -> Result<Step, S> {
        match self.open.pop() {
            Some(Container::List) => self.sink.end_list(),
            Some(Container::Table) => self.sink.end_table(),
            None => Ok(()),
        }
        .map_err(ReadError::Sink)?;
        Ok(Step::Complete)
    }

    fn no_value(&self, token: Token) -> ReadError<JsonError, S::Error> {
        if self.lexer.is_empty() {
            let text = "attempting to parse an empty input; check that your input string or stream contains the expected JSON";
            return self.at_position(text);
        }
        let name = token.name();
        self.error(&format!(
            "while parsing value - unexpected {name}; expected '[', '{{', or a literal"
        ))
    }

    fn overflow(&self) -> ReadError<JsonError, S::Error> {
        let number = self.lexer.number_text();
        let text = format!("[json.exception.out_of_range.406] number overflow parsing '{number}'");
        document(JsonError::Syntax(text))
    }

    fn fault(
        &self,
        token: std::result::Result<Token, Fault>,
        context: &str,
        expected: &str,
    ) -> ReadError<JsonError, S::Error> {
        let found = match token {
            Ok(token) => format!("unexpected {}", token.name()),
            Err(fault) => self.read(&fault),
        };
        self.error(&format!("while parsing {context} - {found}; expected {expected}"))
    }

    fn read(&self, fault: &str) -> String {
        format!("{fault}; last read: '{}'", self.lexer.last_read())
    }

    fn error(&self, text: &str) -> ReadError<JsonError, S::Error> {
        self.at_position(&format!("syntax error {text}"))
    }

    fn at_position(&self, text: &str) -> ReadError<JsonError, S::Error> {
        let (line, column) = self.lexer.position();
        let place = format!("parse error at line {line}, column {column}");
        document(JsonError::Syntax(format!("[json.exception.parse_error.101] {place}: {text}")))
    }
}

fn document<S>(error: impl Into<JsonError>) -> ReadError<JsonError, S> {
    ReadError::Document(error.into())
}
