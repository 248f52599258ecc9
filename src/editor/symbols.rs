//! What a text defines.

use super::Known;
use super::text::{Place, Text};

/// Something that a text defines, with what it is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// What it is called.
    pub name: String,
    /// More about it: `stage`, `6 jobs`.
    pub detail: Option<String>,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub whole: Place,
    /// Its name, within the whole.
    pub named: Place,
    /// What it is made of, in the order of the text.
    pub children: Vec<Symbol>,
}

/// What a symbol is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SymbolKind {
    /// A run.
    Run,
    /// A pipeline.
    Pipeline,
    /// A stage.
    Stage,
    /// A parameter.
    Param,
    /// An input.
    Input,
    /// An output.
    Output,
    /// A function.
    Function,
    /// A set.
    Set,
    /// A list.
    List,
    /// A string or a path.
    String,
    /// A number.
    Number,
    /// Any other binding.
    Binding,
}

/// A symbol found in the whole lab.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabSymbol {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub kind: SymbolKind,
    /// What it belongs to: `stage train`.
    pub container: Option<String>,
    /// Its name.
    pub place: Place,
}

/// What a text defines, nested as it is written.
pub fn symbols(_text: &Text) -> Vec<Symbol> {
    Vec::new()
}

/// Stages, runs, pipelines, params and top-level bindings whose names have the letters of `query` in
/// this order, whatever their case.
pub fn workspace_symbols(_known: &Known<'_>, _query: &str) -> Vec<LabSymbol> {
    Vec::new()
}
