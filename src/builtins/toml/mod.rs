//! TOML: text → parts of a document.
//!
//! Bytes come in, events for a [`Sink`] go out; values are not known here. The `toml` crate
//! reads version 1.1 of TOML and Nix 1.0, so `newer` refuses what is new in 1.1. Refusals
//! begin as Nix's do, and go on in the words of the crate.

mod newer;
#[cfg(test)]
mod tests;

use toml::Spanned;
use toml::de::{DeFloat, DeInteger, DeTable, DeValue};

use super::sink::{NullByte, ReadError, Sink};

/// Why `fromTOML` refuses a text; `Display` is the text of the error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TomlError {
    /// No TOML 1.0.
    #[error("while parsing TOML: {message} (line {line}, column {column})")]
    Syntax {
        /// What is wrong.
        message: String,
        /// Its line, from 1.
        line: usize,
        /// Its column in characters, from 1.
        column: usize,
    },
    /// An integer beyond 64 bits, told as the library tells it that Nix reads TOML with.
    #[error(
        "while parsing TOML: [error] toml::parse_dec_integer: too large integer: current max digits = 2^63\n{excerpt}"
    )]
    TooLarge {
        /// The line, and where the number ends.
        excerpt: String,
    },
    /// A date or a time, which Nix reads only with an experimental feature.
    #[error("while parsing TOML: Dates and times are not supported")]
    Date,
    /// A string or a key that holds `\u0000`.
    #[error("while parsing TOML: error: {0}")]
    NullByte(#[from] NullByte),
}

type Result<T, S> = std::result::Result<T, ReadError<TomlError, <S as Sink>::Error>>;

/// Reads a TOML document as one table, giving its parts to the sink. Keys are unique, and
/// come in no order that means anything.
///
/// # Errors
/// [`TomlError`] for text that Nix refuses, or the sink's own; parts given before stay given.
pub fn parse<S: Sink>(text: &[u8], sink: &mut S) -> Result<(), S> {
    let text = match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            let valid = text.get(..error.valid_up_to()).unwrap_or_default();
            let valid = String::from_utf8_lossy(valid);
            return Err(document(syntax(&valid, valid.len(), "invalid UTF-8")));
        }
    };
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        document(syntax(text, at, error.message()))
    })?;
    newer::check(text).map_err(|(at, message)| document(syntax(text, at, message)))?;
    Walk { text, sink }.table(table.get_ref())
}

struct Walk<'a, S> {
    text: &'a str,
    sink: &'a mut S,
}

impl<S: Sink> Walk<'_, S> {
    fn table(&mut self, table: &DeTable<'_>) -> Result<(), S> {
        self.sink.begin_table().map_err(ReadError::Sink)?;
        for (key, value) in table {
            let key = key.get_ref().as_bytes();
            NullByte::check(key).map_err(document)?;
            self.sink.key(key).map_err(ReadError::Sink)?;
            self.value(value)?;
        }
        self.sink.end_table().map_err(ReadError::Sink)
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>) -> Result<(), S> {
        let at = value.span().start;
        match value.get_ref() {
            DeValue::String(text) => {
                NullByte::check(text.as_bytes()).map_err(document)?;
                self.sink.string(text.as_bytes())
            }
            DeValue::Integer(integer) => {
                let end = value.span().end;
                let number = number(integer).ok_or_else(|| document(self.too_large(end)))?;
                self.sink.integer(number)
            }
            DeValue::Float(float) => {
                let number =
                    float_number(float).ok_or_else(|| self.error(at, "float out of range"))?;
                self.sink.float(number)
            }
            DeValue::Boolean(value) => self.sink.boolean(*value),
            DeValue::Datetime(_) => return Err(document(TomlError::Date)),
            DeValue::Array(values) => {
                self.sink.begin_list().map_err(ReadError::Sink)?;
                for value in values {
                    self.value(value)?;
                }
                self.sink.end_list()
            }
            DeValue::Table(table) => return self.table(table),
        }
        .map_err(ReadError::Sink)
    }

    /// The error of an integer that ends at `end`.
    fn too_large(&self, end: usize) -> TomlError {
        let before = self.text.get(..end).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let number = (before.matches('\n').count() + 1).to_string();
        let margin = " ".repeat(number.len());
        let column = " ".repeat(end - start);
        let excerpt = format!(
            "{margin}--> fromTOML\n{margin} |\n{number} | {line}\n{margin} | {column}^-- must be < 2^63"
        );
        TomlError::TooLarge { excerpt }
    }

    fn error(&self, at: usize, message: &str) -> ReadError<TomlError, S::Error> {
        document(syntax(self.text, at, message))
    }
}

fn number(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A literal too large to be finite is an error, unlike `inf`.
fn float_number(float: &DeFloat<'_>) -> Option<f64> {
    let text = float.as_str();
    let number: f64 = text.parse().ok()?;
    (!number.is_infinite() || text.ends_with("inf")).then_some(number)
}

fn document<S>(error: impl Into<TomlError>) -> ReadError<TomlError, S> {
    ReadError::Document(error.into())
}

fn syntax(text: &str, at: usize, message: &str) -> TomlError {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
    let line = before.matches('\n').count() + 1;
    TomlError::Syntax { message: message.to_owned(), line, column }
}
