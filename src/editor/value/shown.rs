//! Values as Nix would print them, for people.

use super::Value;
use crate::source::Name;
use crate::syntax::literal::{attr_name, general, quote};

/// A line of a value, as wide as editors show it.
pub(super) const WIDTH: usize = 72;
/// Lines that are shown of a long one.
pub(super) const MOST_LINES: usize = 6;

impl Value {
    /// What it is.
    fn kind(&self) -> String {
        match self {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "a Boolean".to_owned(),
            Value::Int(_) => "an integer".to_owned(),
            Value::Float(_) => "a float".to_owned(),
            Value::Text(_) => "a string".to_owned(),
            Value::List(items) if items.len() == 1 => "a list of 1 item".to_owned(),
            Value::List(items) => format!("a list of {} items", items.len()),
            Value::Set(_) => "a set".to_owned(),
        }
    }

    /// As Nix would print it.
    pub(in crate::editor) fn text(&self) -> String {
        let mut out = String::new();
        self.print(&mut out);
        out
    }

    fn print(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
            Value::Int(int) => out.push_str(&int.to_string()),
            Value::Float(float) => out.push_str(&general(*float)),
            Value::Text(text) => quote(out, text),
            Value::List(_) | Value::Set(_) => {
                let (open, close) = self.brackets();
                out.push_str(open);
                out.push(' ');
                for item in self.items() {
                    out.push_str(&item);
                    out.push(' ');
                }
                out.push_str(close);
            }
        }
    }

    fn brackets(&self) -> (&'static str, &'static str) {
        if matches!(self, Value::List(_)) { ("[", "]") } else { ("{", "}") }
    }

    /// What a list or a set consists of, each as Nix would print it.
    fn items(&self) -> Vec<String> {
        match self {
            Value::List(items) => items.iter().map(Value::text).collect(),
            Value::Set(attributes) => {
                let attribute = |(name, value): &(Name, Value)| {
                    let mut out = String::new();
                    attr_name(&mut out, *name);
                    out.push_str(" = ");
                    value.print(&mut out);
                    out.push(';');
                    out
                };
                attributes.iter().map(attribute).collect()
            }
            other => vec![other.text()],
        }
    }

    /// What it is, and unless that is `written` already how Nix would print it, in Markdown.
    pub(in crate::editor) fn told(&self, written: bool) -> String {
        let (kind, text) = (self.kind(), self.text());
        if written || kind == text {
            kind
        } else if width(&text) <= WIDTH && !text.contains('`') {
            format!("{kind}: `{text}`")
        } else {
            format!("{kind}:\n\n```nix\n{}\n```", self.lines())
        }
    }

    /// As Nix would print it, but cut to a few lines.
    fn lines(&self) -> String {
        let (Value::List(_) | Value::Set(_)) = self else {
            return cut(&self.text(), MOST_LINES * WIDTH);
        };
        let mut lines: Vec<String> = Vec::new();
        for item in self.items() {
            let item = cut(&item, WIDTH);
            let full = lines.len() >= MOST_LINES;
            match lines.last_mut() {
                Some(line) if width(line) + 1 + width(&item) <= WIDTH => {
                    line.push(' ');
                    line.push_str(&item);
                }
                _ if full => {
                    lines.push("  …".to_owned());
                    break;
                }
                _ => lines.push(format!("  {item}")),
            }
        }
        let (open, close) = self.brackets();
        format!("{open}\n{}\n{close}", lines.join("\n"))
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
