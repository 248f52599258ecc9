//! Where a document goes while it is being read, so that no tree stands between text and
//! values. JSON and TOML share it.

/// Takes the parts of a document in order. Containers are opened and closed in pairs;
/// within a table each value follows its key.
pub trait Sink {
    /// Why a part can't be taken; stops the reading.
    type Error;

    /// `null`.
    fn null(&mut self) -> Result<(), Self::Error>;
    /// `true` or `false`.
    fn boolean(&mut self, value: bool) -> Result<(), Self::Error>;
    /// An integer.
    fn integer(&mut self, value: i64) -> Result<(), Self::Error>;
    /// A float.
    fn float(&mut self, value: f64) -> Result<(), Self::Error>;
    /// A string: valid UTF-8 without NUL.
    fn string(&mut self, text: &[u8]) -> Result<(), Self::Error>;
    /// A list begins.
    fn begin_list(&mut self) -> Result<(), Self::Error>;
    /// The innermost list ends.
    fn end_list(&mut self) -> Result<(), Self::Error>;
    /// A table (JSON's object) begins.
    fn begin_table(&mut self) -> Result<(), Self::Error>;
    /// A key of the innermost table. JSON may repeat one: the last value counts.
    fn key(&mut self, text: &[u8]) -> Result<(), Self::Error>;
    /// The innermost table ends.
    fn end_table(&mut self) -> Result<(), Self::Error>;
}

/// A document wasn't read to its end: it is at fault, or its sink was.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadError<D, S> {
    /// The text is no such document.
    Document(D),
    /// The sink refused a part.
    Sink(S),
}

/// Nix's error for a string that holds NUL, which it shows as `␀`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("input string '{}' cannot be represented as Nix string because it contains null bytes", shown(.0))]
pub struct NullByte(pub Vec<u8>);

impl NullByte {
    /// Refuses text that holds NUL.
    pub(super) fn check(text: &[u8]) -> Result<(), Self> {
        if memchr::memchr(0, text).is_some() { Err(Self(text.to_vec())) } else { Ok(()) }
    }
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).replace('\0', "␀")
}

#[cfg(test)]
pub(super) mod trace {
    use std::convert::Infallible;

    use super::Sink;

    /// Writes each part down, for tests.
    #[derive(Default)]
    pub(in super::super) struct Trace(pub(in super::super) Vec<String>);

    impl Trace {
        fn note(&mut self, part: impl Into<String>) {
            self.0.push(part.into());
        }
    }

    impl Sink for Trace {
        type Error = Infallible;

        fn null(&mut self) -> Result<(), Infallible> {
            self.note("null".to_owned());
            Ok(())
        }
        fn boolean(&mut self, value: bool) -> Result<(), Infallible> {
            self.note(value.to_string());
            Ok(())
        }
        fn integer(&mut self, value: i64) -> Result<(), Infallible> {
            self.note(value.to_string());
            Ok(())
        }
        fn float(&mut self, value: f64) -> Result<(), Infallible> {
            self.note(format!("{value:?}"));
            Ok(())
        }
        fn string(&mut self, text: &[u8]) -> Result<(), Infallible> {
            self.note(format!("{:?}", String::from_utf8_lossy(text)));
            Ok(())
        }
        fn begin_list(&mut self) -> Result<(), Infallible> {
            self.note("[".to_owned());
            Ok(())
        }
        fn end_list(&mut self) -> Result<(), Infallible> {
            self.note("]".to_owned());
            Ok(())
        }
        fn begin_table(&mut self) -> Result<(), Infallible> {
            self.note("{".to_owned());
            Ok(())
        }
        fn key(&mut self, text: &[u8]) -> Result<(), Infallible> {
            self.note(format!("{}:", String::from_utf8_lossy(text)));
            Ok(())
        }
        fn end_table(&mut self) -> Result<(), Infallible> {
            self.note("}".to_owned());
            Ok(())
        }
    }
}
