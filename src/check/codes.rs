//! What each code means: the pages in `docs/codes/`, which are part of the program.
//!
//! A file for each area; in it a section for each code, with a piece of a lab that has the code and
//! one that hasn't. (`tests/codes.rs` makes sure of both, and that no code lacks a page.)

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

/// An example of a page: a file of a lab, or `expr.nix`, an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Example {
    /// Has it the code?
    pub bad: bool,
    /// Which file of the lab it is.
    pub file: &'static str,
    /// What the file says.
    pub text: &'static str,
}

/// How a page begins.
const TITLE: &str = "\n## repx::";

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
        while let Some((_, behind)) = rest.split_once("```nix ") {
            let Some((info, body)) = behind.split_once('\n') else { break };
            let Some((text, after)) = body.split_once("```") else { break };
            let (kind, file) = info.split_once(' ').unwrap_or((info, ""));
            examples.push(Example { bad: kind == "bad", file: file.trim(), text });
            rest = after;
        }
        examples
    }
}
