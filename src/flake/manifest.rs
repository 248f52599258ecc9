//! What a flake says of its inputs.

use std::collections::BTreeMap;

use super::literal::{Field, Literal, literal};
use super::reference::{self, Attribute, Attributes, FlakeRef, is_flake_id};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::Expr;

/// The path of an input: `a`, `a/b`.
pub(super) type InputPath = Vec<String>;

/// Inputs by name.
pub(super) type Inputs = BTreeMap<String, Input>;

/// An input as `flake.nix` has it.
#[derive(Clone, Debug, Default)]
pub(super) struct Input {
    /// Where it is to be had.
    pub reference: Option<FlakeRef>,
    /// The input it is the same as, from the root of the lock file.
    pub follows: Option<InputPath>,
    /// Only its files are wanted.
    pub plain: bool,
    /// What is said of its own inputs.
    pub overrides: Inputs,
    /// Where it is named.
    pub span: Span,
}

/// What `flake.nix` says before anything is evaluated.
#[derive(Clone, Debug, Default)]
pub(super) struct Manifest {
    /// Its inputs, those included that only the function `outputs` names.
    pub inputs: Inputs,
    /// How its own tree is to be fetched (`inputs.self`).
    pub own: Attributes,
}

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

fn wrong<T>(span: Span, message: impl Into<String>) -> Result<T> {
    Err(Diagnostic::error("repx::flake::manifest", message)
        .at(span, "in what is read before anything is evaluated")
        .help("an input is declared as `inputs.NAME.url = \"github:OWNER/REPO\"`, in plain words")
        .into())
}

/// Reads the tree of a `flake.nix`. `follows` in it begin at `root`; `shown` is the flake's name
/// in messages.
///
/// # Errors
/// What Nix 2.34 says too: something is missing, unknown, or not a literal.
pub(super) fn read(tree: &Expr, root: &[String], shown: &str) -> Result<Manifest> {
    let Literal::Set(fields) = literal(tree) else {
        return wrong(tree.span, format!("the flake.nix of '{shown}' must be an attribute set"))
            .map_err(|d| d.help("Nix reads inputs without evaluating: `{ inputs = { … }; outputs = { self, … }: { … }; }`").into());
    };
    let field = |name: &str| fields.iter().find(|field| field.name == name);
    if let Some(Field { value, span, .. }) = field("description")
        && !matches!(value, Literal::Text(_))
    {
        return wrong(*span, format!("expected a string but got {}", value.kind()));
    }
    let mut manifest = Manifest::default();
    if let Some(inputs) = field("inputs") {
        manifest.inputs = read_inputs(inputs, root, Some(&mut manifest.own))?;
    }
    let Some(outputs) = field("outputs") else {
        return wrong(tree.span, format!("flake '{shown}' lacks attribute 'outputs'"));
    };
    let Literal::Function(formals) = &outputs.value else {
        let kind = outputs.value.kind();
        return wrong(outputs.span, format!("expected a function but got {kind}"));
    };
    for (name, span) in formals {
        let id = name.text();
        if id != "self" && !manifest.inputs.contains_key(&*id) {
            let reference = reference(&id, true, *span)?;
            let input = Input { reference: Some(reference), span: *span, ..Input::default() };
            manifest.inputs.insert(id.into_owned(), input);
        }
    }
    let known = ["description", "inputs", "outputs", "nixConfig"];
    if let Some(other) = fields.iter().find(|field| !known.contains(&field.name.as_str())) {
        let name = &other.name;
        return wrong(other.span, format!("flake '{shown}' has an unsupported attribute '{name}'"));
    }
    Ok(manifest)
}

fn fields_of(field: &Field) -> Result<&[Field]> {
    match &field.value {
        Literal::Set(fields) => Ok(fields),
        other => wrong(field.span, format!("expected a set but got {}", other.kind())),
    }
}

fn read_inputs(field: &Field, root: &[String], mut own: Option<&mut Attributes>) -> Result<Inputs> {
    let mut inputs = Inputs::new();
    for field in fields_of(field)? {
        match (&mut own, field.name.as_str()) {
            (Some(own), "self") => {
                for field in fields_of(field)? {
                    attribute(field, own)?;
                    if !["submodules", "lfs"].contains(&field.name.as_str()) {
                        let name = &field.name;
                        let message = format!("flake 'self' attribute '{name}' is not supported");
                        return wrong(field.span, message);
                    }
                }
            }
            (None, "self") => return wrong(field.span, "'self' input attribute not allowed"),
            _ => {
                inputs.insert(field.name.clone(), read_input(field, root)?);
            }
        }
    }
    Ok(inputs)
}

fn read_input(field: &Field, root: &[String]) -> Result<Input> {
    let mut input = Input { span: field.span, ..Input::default() };
    let mut attributes = Attributes::new();
    let mut url = None;
    for part in fields_of(field)? {
        match (part.name.as_str(), &part.value) {
            ("url", Literal::Text(text)) => {
                attributes.set_text("url", text.as_str());
                url = Some((text.clone(), part.span));
            }
            ("url", Literal::Path(path)) => url = Some((relative_url(path, part.span)?, part.span)),
            ("url", other) => {
                let kind = other.kind();
                return wrong(part.span, format!("expected a string or a path but got {kind}"));
            }
            ("flake", Literal::Bool(is_flake)) => input.plain = !is_flake,
            ("flake", other) => {
                return wrong(part.span, format!("expected a Boolean but got {}", other.kind()));
            }
            ("inputs", _) => input.overrides = read_inputs(part, root, None)?,
            ("follows", Literal::Text(text)) => {
                let follows = input_path(text, part.span)?;
                input.follows = Some([root, &follows].concat());
            }
            ("follows", other) => {
                return wrong(part.span, format!("expected a string but got {}", other.kind()));
            }
            _ => attribute(part, &mut attributes)?,
        }
    }
    if attributes.has("type") {
        let reference = FlakeRef::from_attributes(attributes);
        let reference = reference.or_else(|error| wrong(field.span, error.to_string()))?;
        input.reference = Some(reference);
    } else {
        attributes.remove("url");
        if let Some((name, _)) = attributes.iter().next() {
            return wrong(field.span, format!("unexpected flake input attribute '{name}'"));
        }
        if let Some((url, span)) = url {
            input.reference = Some(reference(&url, !input.plain, span)?);
        }
    }
    if input.reference.is_some() && input.follows.is_some() {
        let message = "flake input has both a flake reference and a follows attribute";
        return wrong(field.span, message);
    }
    Ok(input)
}

fn reference(text: &str, is_flake: bool, span: Span) -> Result<FlakeRef> {
    let found = reference::parse(text, is_flake, true);
    found.or_else(|error| wrong(span, error.to_string()))
}

/// A path literal as a reference: `./a` is `path:a`.
fn relative_url(path: &str, span: Span) -> Result<String> {
    if !path.starts_with("./") && !path.starts_with("../") {
        let message = format!("input attribute path '{path}' must be in the same source tree");
        return wrong(span, message);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            (part, _) => parts.push(part),
        }
    }
    let inner = parts.join("/");
    Ok(format!("path:{}", if inner.is_empty() { "." } else { &inner }))
}

fn attribute(field: &Field, attributes: &mut Attributes) -> Result<()> {
    let name = field.name.as_str();
    let value = match &field.value {
        Literal::Text(text) => Attribute::Text(text.clone()),
        Literal::Bool(bool) => Attribute::Bool(*bool),
        Literal::Int(int) => match u64::try_from(*int) {
            Ok(number) => Attribute::Number(number),
            Err(_) => {
                let message =
                    format!("negative value given for flake input attribute {name}: {int}");
                return wrong(field.span, message);
            }
        },
        other @ (Literal::Path(_) | Literal::Set(_) | Literal::Function(_) | Literal::Other(_)) => {
            return wrong(
                field.span,
                format!(
                    "flake input attribute '{name}' is {} while a string, Boolean, or integer is expected",
                    other.kind()
                ),
            );
        }
    };
    attributes.set(name, value);
    Ok(())
}

/// `a/b` as the path of an input.
fn input_path(text: &str, span: Span) -> Result<InputPath> {
    let parts = text.split('/').filter(|part| !part.is_empty());
    parts
        .map(|part| match is_flake_id(part) {
            true => Ok(part.to_owned()),
            false => wrong(span, format!("invalid flake input attribute path element '{part}'")),
        })
        .collect()
}
