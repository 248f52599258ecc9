//! A shell script's text → the commands it calls.
//!
//! The parser is a crate for shells; its trees stay in this file.

use std::collections::HashSet;
use std::ops::Range;

use brush_parser::ast::{
    self, AndOr, AssignmentValue, Command as Tree, CommandPrefixOrSuffixItem as Item,
    CompoundCommand, CompoundList, ExtendedTestExpr, IoFileRedirectTarget, IoRedirect, Pipeline,
    Program, SimpleCommand, Word,
};
use brush_parser::word::{WordPiece, WordPieceWithSource};
use brush_parser::{ParseError, Parser, ParserOptions};

/// What a script does, as far as its text tells.
#[derive(Debug, Default)]
pub(super) struct Script {
    /// Commands by name, with the bytes of the name.
    pub(super) commands: Vec<(String, Range<usize>)>,
    /// Functions and aliases that it defines.
    pub(super) defined: HashSet<String>,
    /// Commands that it asks for before it calls them: `command -v jq`.
    pub(super) asked: HashSet<String>,
    /// It may know commands that its text doesn't show: it reads another script, or sets PATH.
    pub(super) open: bool,
}

/// Why a script can't be read, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) at: usize,
    pub(super) why: String,
}

/// Longer scripts aren't looked at, nor what is nested deeper.
const MOST_BYTES: usize = 1 << 18;
const MOST_NESTED: u32 = 64;

/// Reads a script. `stands_in` says of a word whether it is nothing but an interpolation.
pub(super) fn read(text: &str, stands_in: &dyn Fn(&str) -> bool) -> Result<Script, Unreadable> {
    let mut reader = Reader { script: Script::default(), stands_in, depth: 0, options: options() };
    reader.text(text, 0)?;
    reader.script.commands.sort_by_key(|(_, at)| at.start);
    Ok(reader.script)
}

fn options() -> ParserOptions {
    ParserOptions::default()
}

struct Reader<'a> {
    script: Script,
    stands_in: &'a dyn Fn(&str) -> bool,
    depth: u32,
    options: ParserOptions,
}

/// Where a text lies in the script: each of its characters' bytes, behind the first `base`.
struct Within {
    base: usize,
    bytes: Vec<usize>,
}

impl Within {
    fn new(text: &str, base: usize) -> Within {
        let ends = [text.len()];
        Within { base, bytes: text.char_indices().map(|(at, _)| at).chain(ends).collect() }
    }

    fn byte(&self, index: usize) -> usize {
        self.base + self.bytes.get(index).or(self.bytes.last()).copied().unwrap_or(0)
    }
}

impl Reader<'_> {
    fn text(&mut self, text: &str, base: usize) -> Result<(), Unreadable> {
        if text.len() > MOST_BYTES || self.depth >= MOST_NESTED {
            self.script.open = true;
            return Ok(());
        }
        let within = Within::new(text, base);
        // Advice about scripts must not be what ends us, whatever the parser makes of a text.
        let parse = || Parser::new(text.as_bytes(), &self.options).parse_program();
        let parsed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(parse));
        match parsed {
            Ok(Ok(program)) => {
                self.depth += 1;
                self.program(&program, &within);
                self.depth -= 1;
                Ok(())
            }
            Ok(Err(error)) => Err(unreadable(&error, text, &within)),
            Err(_) => {
                self.script.open = true;
                Ok(())
            }
        }
    }

    fn program(&mut self, program: &Program, within: &Within) {
        for list in &program.complete_commands {
            self.list(list, within);
        }
    }

    fn list(&mut self, list: &CompoundList, within: &Within) {
        for item in &list.0 {
            self.pipeline(&item.0.first, within);
            for next in &item.0.additional {
                let (AndOr::And(pipeline) | AndOr::Or(pipeline)) = next;
                self.pipeline(pipeline, within);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, within: &Within) {
        for command in &pipeline.seq {
            self.command(command, within);
        }
    }

    fn command(&mut self, command: &Tree, within: &Within) {
        match command {
            Tree::Simple(simple) => self.simple(simple, within),
            Tree::Compound(compound, redirects) => {
                self.compound(compound, within);
                self.redirects(redirects.as_ref(), within);
            }
            Tree::Function(function) => {
                self.script.defined.insert(function.fname.value.clone());
                self.compound(&function.body.0, within);
                self.redirects(function.body.1.as_ref(), within);
            }
            Tree::ExtendedTest(test, redirects) => {
                self.test(&test.expr, within);
                self.redirects(redirects.as_ref(), within);
            }
        }
    }

    fn compound(&mut self, compound: &CompoundCommand, within: &Within) {
        match compound {
            CompoundCommand::Arithmetic(_) => {}
            CompoundCommand::ArithmeticForClause(clause) => self.list(&clause.body.list, within),
            CompoundCommand::BraceGroup(group) => self.list(&group.list, within),
            CompoundCommand::Subshell(shell) => self.list(&shell.list, within),
            CompoundCommand::ForClause(clause) => {
                for word in clause.values.iter().flatten() {
                    self.word(word, within);
                }
                self.list(&clause.body.list, within);
            }
            CompoundCommand::CaseClause(clause) => {
                self.word(&clause.value, within);
                for case in &clause.cases {
                    case.patterns.iter().for_each(|pattern| self.word(pattern, within));
                    case.cmd.iter().for_each(|list| self.list(list, within));
                }
            }
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition, within);
                self.list(&clause.then, within);
                for branch in clause.elses.iter().flatten() {
                    branch.condition.iter().for_each(|list| self.list(list, within));
                    self.list(&branch.body, within);
                }
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0, within);
                self.list(&clause.1.list, within);
            }
            CompoundCommand::Coprocess(process) => self.command(&process.body, within),
        }
    }

    fn redirects(&mut self, redirects: Option<&ast::RedirectList>, within: &Within) {
        for redirect in redirects.iter().flat_map(|list| &list.0) {
            self.redirect(redirect, within);
        }
    }

    fn redirect(&mut self, redirect: &IoRedirect, within: &Within) {
        match redirect {
            IoRedirect::File(
                _,
                _,
                IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word),
            )
            | IoRedirect::HereString(_, word)
            | IoRedirect::OutputAndError(word, _) => self.word(word, within),
            IoRedirect::File(_, _, IoFileRedirectTarget::ProcessSubstitution(_, shell)) => {
                self.list(&shell.list, within);
            }
            IoRedirect::File(_, _, IoFileRedirectTarget::Fd(_)) | IoRedirect::HereDocument(..) => {}
        }
    }

    fn test(&mut self, test: &ExtendedTestExpr, within: &Within) {
        match test {
            ExtendedTestExpr::And(a, b) | ExtendedTestExpr::Or(a, b) => {
                self.test(a, within);
                self.test(b, within);
            }
            ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => {
                self.test(inner, within);
            }
            ExtendedTestExpr::UnaryTest(_, word) => self.word(word, within),
            ExtendedTestExpr::BinaryTest(_, a, b) => {
                self.word(a, within);
                self.word(b, within);
            }
        }
    }

    fn simple(&mut self, simple: &SimpleCommand, within: &Within) {
        for item in simple.prefix.iter().flat_map(|prefix| &prefix.0) {
            self.item(item, within);
        }
        let items = simple.suffix.iter().flat_map(|suffix| &suffix.0);
        let mut arguments: Vec<&Word> = Vec::new();
        for item in items {
            self.item(item, within);
            if let Item::Word(word) | Item::AssignmentWord(_, word) = item {
                arguments.push(word);
            }
        }
        if let Some(name) = &simple.word_or_name {
            self.word(name, within);
            self.call(name, &arguments, within);
        }
    }

    fn item(&mut self, item: &Item, within: &Within) {
        match item {
            Item::IoRedirect(redirect) => self.redirect(redirect, within),
            Item::Word(word) => self.word(word, within),
            Item::AssignmentWord(assignment, _) => {
                if matches!(&assignment.name, ast::AssignmentName::VariableName(n) if n == "PATH") {
                    self.script.open = true;
                }
                let base = within.byte(assignment.loc.start.index);
                match &assignment.value {
                    AssignmentValue::Scalar(word) => self.word_of(assignment, word, base),
                    AssignmentValue::Array(items) => {
                        for (_, word) in items {
                            self.word(word, within);
                        }
                    }
                }
            }
            Item::ProcessSubstitution(_, shell) => self.list(&shell.list, within),
        }
    }

    /// A command with its arguments; some commands call another one that is among them.
    fn call(&mut self, name: &Word, arguments: &[&Word], within: &Within) {
        if (self.stands_in)(&name.value) {
            // An interpolation that stands alone may be lines of a script.
            self.script.open |= arguments.is_empty();
            return;
        }
        let Some(plain) = plain(&name.value) else { return };
        let next = |at: usize| arguments.get(at).and_then(|word| plain_word(word));
        match plain.as_str() {
            "." | "source" | "eval" => self.script.open = true,
            "alias" => {
                let names = arguments.iter().filter_map(|word| word.value.split_once('='));
                self.script.defined.extend(names.map(|(name, _)| name.to_owned()));
            }
            "command" | "type" | "which" | "hash"
                if plain != "command" || next(0).is_some_and(|word| word.starts_with('-')) =>
            {
                let asked = arguments.iter().filter_map(|word| plain_word(word));
                self.script.asked.extend(asked.filter(|word| !word.starts_with('-')));
            }
            "exec" | "command" | "builtin" | "nohup" | "xargs" | "env" | "nice" => {
                // Behind options it isn't known here what is an option's value and what a command.
                let first = arguments.iter().position(|word| !word.value.contains('='));
                let behind = first.and_then(|at| arguments.get(at..)?.split_first());
                if let Some((called, rest)) =
                    behind.filter(|(word, _)| !word.value.starts_with('-'))
                {
                    self.call(called, rest, within);
                }
            }
            _ => {}
        }
        if let Some(place) = &name.loc {
            let at = within.byte(place.start.index)..within.byte(place.end.index);
            self.script.commands.push((plain, at));
        }
    }

    /// Commands that are called within a word.
    fn word(&mut self, word: &Word, within: &Within) {
        if let Some(place) = &word.loc {
            self.word_at(&word.value, within.byte(place.start.index));
        }
    }

    /// The same of the value of an assignment, which itself doesn't know where it stands.
    fn word_of(&mut self, assignment: &ast::Assignment, word: &Word, base: usize) {
        let name = match &assignment.name {
            ast::AssignmentName::VariableName(name) => name.len(),
            ast::AssignmentName::ArrayElementName(name, index) => name.len() + index.len() + 2,
        };
        self.word_at(&word.value, base + name + 1 + usize::from(assignment.append));
    }

    fn word_at(&mut self, word: &str, base: usize) {
        if !word.contains(['`', '$']) {
            return;
        }
        let pieces = || brush_parser::word::parse(word, &self.options);
        let pieces = std::panic::catch_unwind(std::panic::AssertUnwindSafe(pieces));
        if let Ok(Ok(pieces)) = pieces {
            self.pieces(&pieces, base, word);
        }
    }

    fn pieces(&mut self, pieces: &[WordPieceWithSource], base: usize, word: &str) {
        for piece in pieces {
            match &piece.piece {
                WordPiece::CommandSubstitution(text) => {
                    // What can't be read within a word is left to the shell.
                    let inner =
                        word.get(piece.start_index..).and_then(|rest| rest.find(text.as_str()));
                    let at = base + piece.start_index + inner.unwrap_or(0);
                    if self.text(text, at).is_err() {
                        self.script.open = true;
                    }
                }
                WordPiece::DoubleQuotedSequence(inner)
                | WordPiece::GettextDoubleQuotedSequence(inner) => self.pieces(inner, base, word),
                // Escapes within change where things stand: the names alone are not worth that.
                WordPiece::BackquotedCommandSubstitution(_)
                | WordPiece::Text(_)
                | WordPiece::SingleQuotedText(_)
                | WordPiece::AnsiCQuotedText(_)
                | WordPiece::TildeExpansion(_)
                | WordPiece::ParameterExpansion(_)
                | WordPiece::EscapeSequence(_)
                | WordPiece::ArithmeticExpression(_) => {}
            }
        }
    }
}

fn plain_word(word: &Word) -> Option<String> {
    plain(&word.value)
}

/// A word that means itself.
fn plain(word: &str) -> Option<String> {
    let unquoted = |quote| word.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    let word = unquoted('"').or(unquoted('\'')).unwrap_or(word);
    let fine = |c: char| c.is_alphanumeric() || "_-+.:/@%,=[".contains(c);
    (!word.is_empty() && word.chars().all(fine)).then(|| word.to_owned())
}

fn unreadable(error: &ParseError, text: &str, within: &Within) -> Unreadable {
    let position = match error {
        ParseError::ParsingNear(position) => Some(position),
        ParseError::Tokenizing { position, .. } => position.as_ref(),
        ParseError::ParsingAtEndOfInput => None,
    };
    let why = match error {
        ParseError::ParsingNear(_) => "this doesn't fit here".to_owned(),
        ParseError::ParsingAtEndOfInput => "the script ends too early".to_owned(),
        ParseError::Tokenizing { inner, .. } => inner.to_string(),
    };
    let end = within.base + text.trim_end().len();
    Unreadable { at: position.map_or(end, |position| within.byte(position.index)).min(end), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(text: &str) -> Vec<String> {
        let script = read(text, &|word| word == "HOLE").expect("it can be read");
        for (name, at) in &script.commands {
            assert!(text[at.clone()].contains(name.as_str()), "{name} at {at:?} of {text}");
        }
        script.commands.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn commands_are_found_wherever_they_are_called() {
        assert_eq!(commands("jq . x | sort -u > y"), ["jq", "sort"]);
        assert_eq!(commands("if grep -q a b; then sed x; else awk y; fi"), ["grep", "sed", "awk"]);
        assert_eq!(commands("x=\"ü $(date -u) $(echo $(id))\""), ["date", "echo", "id"]);
        assert_eq!(commands("for i in $(seq 3); do tac; done"), ["seq", "tac"]);
        assert_eq!(commands("while read -r l; do wc; done < <(ls)"), ["read", "wc", "ls"]);
        assert_eq!(commands("exec python3 -u x.py"), ["exec", "python3"]);
        assert_eq!(commands("A=1 env B=2 perl -e 1"), ["env", "perl"]);
        assert_eq!(commands("case $x in a) cut;; *) tr;; esac"), ["cut", "tr"]);
        assert_eq!(commands("cat <<EOF\n$(not seen)\nEOF\nhead"), ["cat", "head"]);
        assert_eq!(commands("[ -f x ] && [[ -n $(nl) ]]"), ["[", "nl"]);
        assert_eq!(commands("$cmd a; ./x.sh; \"uniq\" b"), ["./x.sh", "uniq"]);
    }

    #[test]
    fn what_else_a_script_says() {
        let read = |text| read(text, &|word| word == "HOLE").expect("it can be read");
        assert!(read("f() { ls; }; f").defined.contains("f"));
        assert!(read("command -v jq >/dev/null && jq").asked.contains("jq"));
        for open in [". ./x", "source x", "PATH=$PATH:/y\nfoo", "HOLE\nfoo", "eval x"] {
            assert!(read(open).open, "{open}");
        }
        for closed in ["HOLE -c x", "ls", "x=HOLE"] {
            assert!(!read(closed).open, "{closed}");
        }
    }

    #[test]
    fn what_is_no_script_is_told_at_its_place() {
        let at = |text| read(text, &|_| false).expect_err("it is no script").at;
        assert_eq!(at("ls\nif true; then\nls\n"), "ls\nif true; then\nls".len());
        assert!((3..=6).contains(&at("ls\n; ls\n")));
        assert!(read("echo \"a\n", &|_| false).is_err());
        // The crate panics on this one.
        assert!(read("echo ~99999999999999999999999 $(x)", &|_| false).is_ok());
    }
}
