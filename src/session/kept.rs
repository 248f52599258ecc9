//! What is kept between processes, as a session sees it.

use std::sync::Arc;

use crate::bytes::{Reader, Writer};
use crate::source::Name;

/// Says which text was lowered, and with what around it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FileKey(pub [u8; 16]);

/// Lowered files kept between processes. A session asks before it reads a text and tells what it
/// has read; where the bytes lie and how long is not its business.
///
/// Whatever an implementation does, bytes it gives for a key must be those once kept for it.
pub trait FileCache: Sync {
    /// The key that stands for these parts.
    fn key(&self, parts: &[&[u8]]) -> FileKey;

    /// What was kept for a key.
    fn find(&self, key: FileKey) -> Option<Vec<u8>>;

    /// Keeps something, if that can be done.
    fn keep(&self, key: FileKey, bytes: Vec<u8>);
}

/// Where a value lies that was made of a package set and nothing else.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PackagePlace {
    /// What it is taken out of.
    pub origin: Origin,
    /// By which names.
    pub path: Vec<Name>,
}

/// What values are taken out of.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Origin {
    /// The package set.
    Set,
    /// What an expression gives in which one name is free.
    Text {
        /// The expression.
        text: Arc<str>,
        /// The name.
        name: Arc<str>,
        /// By which names what it stands for is taken out of the package set.
        base: Vec<Name>,
    },
}

/// What is known of a value of a package set.
#[derive(Clone, PartialEq, Debug)]
pub enum KeptValue {
    /// That it must be evaluated.
    Real,
    /// All of it.
    Plain(Plain),
    /// Of a set the names of its attributes, and the values of some.
    Set(Vec<Name>, Vec<(Name, Plain)>),
}

/// A value that is no more than it says.
#[derive(Clone, PartialEq, Debug)]
pub enum Plain {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A string, and what it refers to.
    Text(Vec<u8>, Vec<Referred>),
    /// A list.
    List(Vec<Plain>),
}

/// A derivation that a string refers to: the element of its context, as text, and what stands for
/// the derivation in the hashes of those that need it.
#[derive(Clone, PartialEq, Debug)]
pub struct Referred {
    /// As [`ContextElement`](crate::store::ContextElement) is written.
    pub element: String,
    /// The hash.
    pub modulo: Vec<u8>,
    /// The names of its outputs.
    pub outputs: Vec<String>,
}

/// Values of a package set that other evaluations have made.
///
/// Whatever an implementation does, what it says of a place must be what evaluating the set gives
/// now.
pub trait PackageCache: Sync {
    /// What is known of the value at a place. `None`: it must be evaluated.
    fn find(&self, place: &PackagePlace) -> Option<KeptValue>;
}

impl PackagePlace {
    /// The place of an attribute.
    #[must_use]
    pub fn within(&self, name: Name) -> PackagePlace {
        let mut place = self.clone();
        place.path.push(name);
        place
    }

    /// As bytes.
    pub fn write(&self, writer: &mut Writer) {
        match &self.origin {
            Origin::Set => writer.byte(0),
            Origin::Text { text, name, base } => {
                writer.byte(1);
                writer.text(text.as_bytes());
                writer.text(name.as_bytes());
                write_names(writer, base);
            }
        }
        write_names(writer, &self.path);
    }
}

fn write_names(writer: &mut Writer, names: &[Name]) {
    writer.list(names.iter(), |writer, name| writer.text(name.bytes()));
}

fn read_names(reader: &mut Reader<'_>) -> Option<Vec<Name>> {
    reader.list(|reader| reader.text().map(Name::new))
}

impl KeptValue {
    /// As bytes.
    pub fn write(&self, writer: &mut Writer) {
        match self {
            KeptValue::Real => writer.byte(0),
            KeptValue::Plain(plain) => {
                writer.byte(1);
                plain.write(writer);
            }
            KeptValue::Set(names, known) => {
                writer.byte(2);
                write_names(writer, names);
                writer.list(known.iter(), |writer, (name, plain)| {
                    writer.text(name.bytes());
                    plain.write(writer);
                });
            }
        }
    }

    /// From bytes; `None` if they are none of it.
    pub fn read(reader: &mut Reader<'_>) -> Option<KeptValue> {
        Some(match reader.byte()? {
            0 => KeptValue::Real,
            1 => KeptValue::Plain(Plain::read(reader, MOST_NESTED)?),
            2 => {
                let names = read_names(reader)?;
                let known = reader.list(|reader| {
                    Some((Name::new(reader.text()?), Plain::read(reader, MOST_NESTED)?))
                })?;
                KeptValue::Set(names, known)
            }
            _ => return None,
        })
    }
}

/// Lists within lists that are kept.
pub(super) const MOST_NESTED: u32 = 4;

impl Plain {
    fn write(&self, writer: &mut Writer) {
        match self {
            Plain::Null => writer.byte(0),
            Plain::Bool(bool) => writer.raw(&[1, u8::from(*bool)]),
            Plain::Int(int) => {
                writer.byte(2);
                writer.signed(*int);
            }
            Plain::Text(bytes, referred) => {
                writer.byte(3);
                writer.text(bytes);
                writer.list(referred.iter(), |writer, referred| {
                    writer.text(&referred.element);
                    writer.text(&referred.modulo);
                    writer.list(referred.outputs.iter(), Writer::text);
                });
            }
            Plain::List(items) => {
                writer.byte(4);
                writer.list(items.iter(), |writer, item| item.write(writer));
            }
        }
    }

    fn read(reader: &mut Reader<'_>, nested: u32) -> Option<Plain> {
        Some(match reader.byte()? {
            0 => Plain::Null,
            1 => Plain::Bool(reader.flag()?),
            2 => Plain::Int(reader.signed()?),
            3 => {
                let bytes = reader.text()?.to_vec();
                Plain::Text(bytes, reader.list(read_referred)?)
            }
            4 => {
                let nested = nested.checked_sub(1)?;
                Plain::List(reader.list(|reader| Plain::read(reader, nested))?)
            }
            _ => return None,
        })
    }
}

fn read_referred(reader: &mut Reader<'_>) -> Option<Referred> {
    let element = reader.string()?.to_owned();
    let modulo = reader.text()?.to_vec();
    let outputs = reader.list(|reader| reader.string().map(str::to_owned))?;
    Some(Referred { element, modulo, outputs })
}
