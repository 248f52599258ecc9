//! The attributes that describe an input, in `flake.lock` and in `fetchTree`'s argument.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::RefError;

/// The value of an attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Attribute {
    /// A string.
    Text(String),
    /// A number, never negative.
    Number(u64),
    /// A Boolean.
    Bool(bool),
}

/// Attributes by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Attributes(BTreeMap<String, Attribute>);

impl Attributes {
    /// None.
    pub fn new() -> Attributes {
        Attributes::default()
    }

    /// Sets one.
    pub fn set(&mut self, name: &str, value: Attribute) {
        self.0.insert(name.to_owned(), value);
    }

    /// Sets one to a string.
    pub fn set_text(&mut self, name: &str, value: impl Into<String>) {
        self.set(name, Attribute::Text(value.into()));
    }

    /// Drops one.
    pub fn remove(&mut self, name: &str) -> Option<Attribute> {
        self.0.remove(name)
    }

    /// Is it there?
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// None at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A string.
    ///
    /// # Errors
    /// When it is something else.
    pub fn text(&self, name: &str) -> Result<Option<&str>, RefError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Attribute::Text(text)) => Ok(Some(text)),
            Some(Attribute::Number(_) | Attribute::Bool(_)) => {
                let all = self.to_json();
                Err(RefError::Other(format!("input attribute '{name}' is not a string {all}")))
            }
        }
    }

    /// A string that must be there.
    ///
    /// # Errors
    /// When it is missing or something else.
    pub fn needed(&self, name: &str) -> Result<&str, RefError> {
        let missing = || RefError::Other(format!("input attribute '{name}' is missing"));
        self.text(name)?.ok_or_else(missing)
    }

    /// A number.
    ///
    /// # Errors
    /// When it is something else.
    pub fn number(&self, name: &str) -> Result<Option<u64>, RefError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Attribute::Number(number)) => Ok(Some(*number)),
            Some(Attribute::Text(_) | Attribute::Bool(_)) => {
                Err(RefError::Other(format!("input attribute '{name}' is not an integer")))
            }
        }
    }

    /// A Boolean.
    ///
    /// # Errors
    /// When it is something else.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, RefError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Attribute::Bool(bool)) => Ok(Some(*bool)),
            Some(Attribute::Text(_) | Attribute::Number(_)) => {
                Err(RefError::Other(format!("input attribute '{name}' is not a Boolean")))
            }
        }
    }

    /// Reads an object of a lock file.
    ///
    /// # Errors
    /// When a value is no string, number or Boolean.
    pub fn from_json(json: &serde_json::Value) -> Result<Attributes, RefError> {
        let unsupported =
            || RefError::Other("unsupported input attribute type in lock file".to_owned());
        let mut attributes = Attributes::new();
        for (name, value) in json.as_object().ok_or_else(unsupported)? {
            let value = match value {
                serde_json::Value::String(text) => Attribute::Text(text.clone()),
                serde_json::Value::Bool(bool) => Attribute::Bool(*bool),
                serde_json::Value::Number(number) => {
                    Attribute::Number(number.as_u64().ok_or_else(unsupported)?)
                }
                serde_json::Value::Null
                | serde_json::Value::Array(_)
                | serde_json::Value::Object(_) => return Err(unsupported()),
            };
            attributes.set(name, value);
        }
        Ok(attributes)
    }

    /// As messages show them.
    pub fn to_json(&self) -> String {
        let mut out = String::from("{");
        for (at, (name, value)) in self.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let name = serde_json::Value::from(name);
            // Writing to a string doesn't fail.
            let _ = match value {
                Attribute::Text(text) => {
                    write!(out, "{comma}{name}:{}", serde_json::Value::from(text.as_str()))
                }
                Attribute::Number(number) => write!(out, "{comma}{name}:{number}"),
                Attribute::Bool(bool) => write!(out, "{comma}{name}:{bool}"),
            };
        }
        out.push('}');
        out
    }
}
