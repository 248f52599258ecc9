//! What each code means: the pages in `docs/codes/`, which are part of the program.
//!
//! A file for each area; in it a section for each code, with a piece of a lab that has the code and
//! one that hasn't; or with calls, where the call or the machine is what is wrong. (`tests/codes.rs`
//! makes sure of both, and that no code lacks a page.)

use include_dir::{Dir, include_dir};

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs/codes");

/// The page of a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Page {
    /// The code.
    pub code: &'static str,
    /// The page, without its title.
    pub text: &'static str,
}

/// Has an example its code?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It has.
    Bad,
    /// It hasn't: so it is done well.
    Good,
}

/// What an example shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind<'p> {
    /// A file of the lab, or `expr.nix`, an expression.
    File(&'p str),
    /// Commands of a shell in an empty directory, with the lab as `lab/`, and what they print.
    Console,
}

/// An example of a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Example {
    /// Has it the code?
    pub verdict: Verdict,
    /// What it is.
    pub kind: Kind<'static>,
    /// What the file says, or what is seen on the console.
    pub text: &'static str,
}

impl Example {
    /// The commands of a console: lines after `$`, and those after `>`, which go on with one.
    pub fn script(&self) -> String {
        let lines = self.text.lines().filter_map(command);
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    /// What the commands print.
    pub fn printed(&self) -> String {
        let lines = self.text.lines().filter(|line| command(line).is_none());
        lines.flat_map(|line| [line, "\n"]).collect()
    }
}

/// Reads what stands where an example begins: `nix bad lab.nix`, `console good`.
pub fn head(info: &str) -> Option<(Verdict, Kind<'_>)> {
    let mut words = info.split_whitespace();
    let (language, verdict) = (words.next()?, words.next()?);
    let verdict = match verdict {
        "bad" => Verdict::Bad,
        "good" => Verdict::Good,
        _ => return None,
    };
    match (language, words.next()) {
        ("console", None) => Some((verdict, Kind::Console)),
        ("nix", Some(file)) => Some((verdict, Kind::File(file))),
        _ => None,
    }
}

/// A line of a console that is typed, without its prompt.
fn command(line: &str) -> Option<&str> {
    let typed = line.strip_prefix(['$', '>'])?;
    if typed.is_empty() { Some(typed) } else { typed.strip_prefix(' ') }
}

/// How a page begins.
const TITLE: &str = "\n## repx::";
/// How what a file says next begins, behind the pages of an area.
const AREA: &str = "\n# repx::";

/// All pages, by code.
pub fn pages() -> Vec<Page> {
    let files = PAGES.files().filter(|file| file.path().extension().is_some_and(|e| e == "md"));
    let mut pages: Vec<Page> =
        files.filter_map(|file| file.contents_utf8()).flat_map(pages_of).collect();
    pages.sort_by_key(|page| page.code);
    pages
}

fn pages_of(text: &'static str) -> Vec<Page> {
    let starts: Vec<usize> = text.match_indices(TITLE).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let page = |(start, end): (&usize, usize)| {
        let section = text.get(*start..end)?.strip_prefix("\n## ")?;
        let (code, text) = section.split_once('\n')?;
        let text = text.split(AREA).next().unwrap_or(text);
        Some(Page { code: code.trim(), text: text.trim() })
    };
    starts.iter().zip(ends).filter_map(page).collect()
}

/// The page of a code; `repx::` may be left out.
pub fn page(code: &str) -> Option<Page> {
    let code = code.strip_prefix("repx::").unwrap_or(code);
    pages().into_iter().find(|page| page.code.strip_prefix("repx::") == Some(code))
}

impl Page {
    /// What it says first: one line for lists.
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default()
    }

    /// Its examples, in their order.
    pub fn examples(&self) -> Vec<Example> {
        let mut examples = Vec::new();
        let mut rest = self.text;
        while let Some((_, behind)) = rest.split_once("```") {
            let Some((info, body)) = behind.split_once('\n') else { break };
            let Some((text, after)) = body.split_once("```") else { break };
            if let Some((verdict, kind)) = head(info) {
                examples.push(Example { verdict, kind, text });
            }
            rest = after;
        }
        examples
    }
}
