//! What to advise when the command line can't be read, where clap's own advice is of no use.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

/// Commands that are named where they have what another one hasn't.
const MOST_NAMED: usize = 4;

/// Puts better advice in the place of clap's.
pub(super) fn advise(error: &mut Error, command: &Command, arguments: &[OsString]) {
    // That what looks like an option may follow `--` is worth knowing where expressions do.
    let takes_any = arguments.get(1).is_some_and(|word| word == "instantiate");
    match error.kind() {
        ErrorKind::UnknownArgument if !takes_any => {
            error.remove(ContextKind::Suggested);
            let known = error.get(ContextKind::SuggestedArg).is_some();
            let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
                return;
            };
            if let Some(tip) = others(command, option).filter(|_| !known) {
                suggest(error, tip);
            }
        }
        ErrorKind::InvalidSubcommand if error.get(ContextKind::SuggestedSubcommand).is_none() => {
            let inner = arguments.get(1).and_then(|word| command.find_subcommand(word));
            if let Some(inner) = inner {
                let names: Vec<&str> = inner.get_subcommands().map(Command::get_name).collect();
                suggest(error, format!("after `repx {}` comes {}", inner.get_name(), or(&names)));
            }
        }
        _ => {}
    }
}

fn suggest(error: &mut Error, tip: String) {
    let tips = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
    error.insert(ContextKind::Suggested, tips);
}

/// Which commands have an option.
fn others(command: &Command, option: &str) -> Option<String> {
    let has = |command: &Command| {
        command.get_arguments().any(|arg| {
            let long = option.strip_prefix("--");
            let short = option.strip_prefix('-').and_then(|text| text.chars().next());
            match long {
                Some(long) => {
                    arg.get_long_and_visible_aliases().unwrap_or_default().contains(&long)
                }
                None => short.is_some() && arg.get_short() == short,
            }
        })
    };
    let mut names = Vec::new();
    for one in command.get_subcommands() {
        let inner = one.get_subcommands().filter(|inner| has(inner));
        let inner = inner.map(|inner| format!("`repx {} {}`", one.get_name(), inner.get_name()));
        names.extend(
            has(one).then(|| format!("`repx {}`", one.get_name())).into_iter().chain(inner),
        );
    }
    let some = !names.is_empty() && names.len() <= MOST_NAMED;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    some.then(|| format!("{option} is an option of {}", and(&names)))
}

/// Names that one may choose from.
pub(super) fn or(names: &[&str]) -> String {
    joined(names, "or")
}

fn and(names: &[&str]) -> String {
    joined(names, "and")
}

fn joined(names: &[&str], word: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} {word} {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::command;
    use super::*;

    fn said(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let mut error = command().try_get_matches_from(&words).unwrap_err();
        advise(&mut error, &command(), &words);
        error.render().to_string()
    }

    #[test]
    fn advice_is_of_use() {
        let tip = |line: &str| {
            let said = said(line);
            let tip = said.lines().find_map(|line| line.strip_prefix("  tip: "));
            tip.unwrap_or_default().to_owned()
        };
        assert_eq!(
            tip("repx run --stage x"),
            "--stage is an option of `repx eval` and `repx list jobs`"
        );
        assert_eq!(tip("repx eval -j 4"), "-j is an option of `repx run`");
        assert_eq!(tip("repx eval --xyzzy"), "");
        assert_eq!(tip("repx eval --treads 3"), "a similar argument exists: '--threads'");
        assert_eq!(tip("repx show 5yk"), "after `repx show` comes job or output");
        assert_eq!(tip("repx list job"), "a similar subcommand exists: 'jobs'");
        assert_eq!(tip("repx instantiate -E -1"), "to pass '-1' as a value, use '-- -1'");
    }

    #[test]
    fn numbers_below_zero_are_no_options() {
        for line in ["repx run -j -1", "repx eval --threads -1", "repx log x -n -1"] {
            assert!(said(line).starts_with("error: invalid value '-1' for '-"), "{}", said(line));
        }
    }
}
