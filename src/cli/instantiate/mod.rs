//! `repx instantiate`: what nix-instantiate prints.
//!
//! In come files or expressions; out go values, trees, or the paths of derivations. The order of
//! things is Nix's: each file is printed before the next is looked at, so that what comes before
//! an error is seen.

mod attr_path;
mod auto_call;
mod derivations;
mod flake;
mod registration;
mod tree;

use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use super::arguments::{InstantiateOptions, pairs};
use super::report::report_as_nix;
use super::{Exit, setup, stdout};
use crate::builtins::to_json::{JsonOptions, to_json};
use crate::builtins::to_xml::{XmlOptions, to_xml};
use crate::diagnostic::Diagnostic;
use crate::eval::{Coercion, Eval, Evaluator, Settings};
use crate::session::{self, Config, Session};
use crate::source::{Name, SourceMap, Span};
use crate::store::StorePath;
use crate::value::{Attr, Attrs, ContextSum, Error, ErrorKind, Slot, Value};
use crate::world::{Disk, World};

/// The file that is evaluated when none is named.
const DEFAULT: &str = "./default.nix";

/// What there is to evaluate.
enum Input<'o> {
    File(&'o str),
    /// `<nixpkgs/lib>`
    Found(&'o str),
    /// A text, and what it is called where it has to be named.
    Text(String, &'static str),
}

/// What a text from standard input is called.
const STDIN: &str = "«stdin»";
/// What a text from the command line is called.
const STRING: &str = "«string»";

/// What was printed before all was done, or something was wrong.
#[derive(Default)]
struct Output {
    text: Vec<u8>,
    /// The derivations printed, each with the link that is to keep it.
    roots: Vec<(StorePath, Option<PathBuf>)>,
    error: Option<Diagnostic>,
}

/// Evaluates and prints.
pub(super) fn run(options: &InstantiateOptions) -> Exit {
    // The process ends soon: nobody needs the memory of the texts.
    let sources = ManuallyDrop::new(SourceMap::reading_again(|path| Disk.read_file(path)));
    let cache = setup::caches(!options.no_cache).map(|caches| caches.lowered);
    let machine = setup::machine(&options.nix);
    let config = Config {
        threads: threads(options),
        ..setup::config(&machine, &options.include, &sources, cache.as_ref())
    };
    let output = settings(options).and_then(|settings| {
        let (inputs, config) = (inputs(options)?, Config { settings, ..config });
        let output = session::run_as_alone(&config, |session, evaluator| {
            if options.parse {
                tree::print(session, evaluator, &inputs, &config)
            } else {
                evaluate(session, evaluator, &inputs, options)
            }
        });
        output.map_err(|error| Box::new(setup::no_thread(&error)))
    });
    let output = output.unwrap_or_else(|error| Output { error: Some(*error), ..Output::default() });
    let printed = stdout::print(|out| out.write_all(&output.text));
    let exit = match report_as_nix(output.error, &sources, options.show_trace) {
        Exit::Fine => printed,
        exit @ (Exit::Failed | Exit::Wrong | Exit::Bug | Exit::Interrupted) => exit,
    };
    if let Some(cache) = &cache {
        cache.save();
    }
    exit
}

/// More threads than that have little left to do.
const MOST_THREADS: usize = 8;

/// As many threads as were asked for, else one for each processor.
fn threads(options: &InstantiateOptions) -> usize {
    options.threads.map_or_else(
        || std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS),
        usize::from,
    )
}

/// Settings, of which one has a flag of its own.
fn settings(options: &InstantiateOptions) -> Result<Settings, Box<Diagnostic>> {
    let mut settings = super::settings::settings(&options.nix)?;
    if let Some(depth) = options.max_call_depth {
        settings.max_call_depth = depth;
    }
    Ok(settings)
}

/// What the command line names. Standard input comes first, wherever its `-` stands.
fn inputs(options: &InstantiateOptions) -> Result<Vec<Input<'_>>, Box<Diagnostic>> {
    let mut inputs = Vec::new();
    let is_stdin = |file: &&String| *file == "-";
    if options.files.iter().any(|file| is_stdin(&file)) {
        inputs.push(Input::Text(read_stdin()?, STDIN));
    } else if options.files.is_empty() && !options.expr {
        inputs.push(Input::File(DEFAULT));
    }
    let named = options.files.iter().filter(|file| !is_stdin(file));
    inputs.extend(named.map(|file| {
        let found = file.strip_prefix('<').is_some_and(|rest| rest.ends_with('>'));
        match (options.expr, found) {
            (true, _) => Input::Text(file.clone(), STRING),
            (false, true) => Input::Found(file),
            (false, false) => Input::File(file),
        }
    }));
    Ok(inputs)
}

fn read_stdin() -> Result<String, Box<Diagnostic>> {
    let mut text = String::new();
    match std::io::stdin().lock().read_to_string(&mut text) {
        Ok(_) => Ok(text),
        Err(error) => Err(unreadable(&error).into()),
    }
}

fn unreadable(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("repx::cli::stdin", format!("cannot read standard input: {error}"))
        .help("name a file, or give the expression itself: `-E EXPR`")
}

fn evaluate<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    inputs: &[Input<'_>],
    options: &InstantiateOptions,
) -> Output {
    let mut output = Output::default();
    let result = arguments(session, evaluator, options).and_then(|arguments| {
        let mut instantiation = Instantiation { session, evaluator, options, arguments };
        inputs.iter().try_for_each(|input| instantiation.input(input, &mut output))
    });
    let helpers = &evaluator.shared.helpers;
    // Which way an error was met first its trace tells.
    let failed = result.is_err_and(|error| error.kind() != ErrorKind::Interrupted);
    if failed || (options.read_write_mode && helpers.are_ahead()) {
        helpers.doubt();
    }
    output.error = result.err().map(Error::diagnostic);
    if helpers.is_in_doubt() {
        return output;
    }
    registration::register(evaluator, options, &mut output);
    output
}

/// `--arg` and `--argstr`, as a set; nothing is evaluated yet.
fn arguments<'h>(
    session: &Session<'h>,
    evaluator: &mut Evaluator<'h>,
    options: &InstantiateOptions,
) -> Eval<'h, Attrs<'h>> {
    let directory = setup::current_directory();
    let mut attrs = Vec::new();
    for (name, text) in pairs(&options.argstr) {
        let value = Slot::Value(evaluator.text(text));
        attrs.push(Attr::new(Name::new(name), Span::NONE, value));
    }
    for (name, text) in pairs(&options.arg) {
        let slot = session.expression_slot(evaluator, text, &directory)?;
        attrs.push(Attr::new(Name::new(name), Span::NONE, slot));
    }
    Ok(Attrs::new(evaluator.local, attrs))
}

struct Instantiation<'a, 'h> {
    session: &'a Session<'h>,
    evaluator: &'a mut Evaluator<'h>,
    options: &'a InstantiateOptions,
    arguments: Attrs<'h>,
}

impl<'h> Instantiation<'_, 'h> {
    fn input(&mut self, input: &Input<'_>, out: &mut Output) -> Eval<'h, ()> {
        let root = self.value_of(input)?;
        if self.options.attrs.is_empty() {
            return self.result(root, out);
        }
        for path in &self.options.attrs {
            let value = attr_path::find(self.evaluator, self.arguments, root, path)?;
            self.result(value, out)?;
        }
        Ok(())
    }

    fn value_of(&mut self, input: &Input<'_>) -> Eval<'h> {
        let directory = setup::current_directory();
        match input {
            Input::Text(text, name) => self.session.text(self.evaluator, name, text, &directory),
            Input::File(file) if file.contains('#') && !Path::new(file).exists() => {
                flake::output(self.evaluator, file)
            }
            Input::File(file) => self.session.file(self.evaluator, &setup::absolute(file)),
            Input::Found(path) => {
                let path = self.session.expression(self.evaluator, path, &directory)?;
                let path = self.evaluator.coerce(path, Coercion::PATH)?;
                let path = path.into_text(self.evaluator.local);
                self.session.file(self.evaluator, Path::new(&*path.lossy()))
            }
        }
    }

    /// Prints what was found, in the format asked for.
    fn result(&mut self, value: Value<'h>, output: &mut Output) -> Eval<'h, ()> {
        let ev = &mut *self.evaluator;
        if !self.options.eval {
            let link = self.options.add_root.as_deref().filter(|_| !self.options.readonly_mode);
            return derivations::print(ev, self.arguments, value, link, output);
        }
        let out = &mut output.text;
        // Without arguments Nix leaves functions alone here, unlike on the way along a path.
        let value = if self.arguments.is_empty() {
            value
        } else {
            auto_call::auto_call(ev, self.arguments, value)?
        };
        if !self.options.strict && matches!(value, Value::List(_) | Value::Attrs(_)) {
            // It shows how far its parts have been evaluated.
            ev.shared.helpers.doubt();
        }
        let mut context = ContextSum::default();
        if self.options.raw {
            out.extend_from_slice(ev.coerce(value, Coercion::INTERPOLATION)?.bytes());
        } else if self.options.xml {
            let how = XmlOptions { force: self.options.strict, places: self.options.location };
            out.extend(to_xml(ev, Slot::Value(value), how, &mut context)?);
        } else if self.options.json {
            let how = JsonOptions { force: self.options.strict, ..JsonOptions::TO_JSON };
            // Half a document is worth less than none.
            let mut json = Vec::new();
            to_json(ev, Slot::Value(value), how, &mut json, &mut context)?;
            json.push(b'\n');
            out.append(&mut json);
        } else {
            out.extend(ev.print(value, self.options.strict)?.into_bytes());
            out.push(b'\n');
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::golden::reads_well;

    #[test]
    fn standard_input_may_be_unreadable() {
        reads_well(&unreadable(&std::io::Error::from_raw_os_error(21)));
    }
}
