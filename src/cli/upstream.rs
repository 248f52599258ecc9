//! What users of upstream's command line type, in the words of this one.
//!
//! Its options of all commands stand before the command, `gc` has commands of its own, and what says how jobs reach a
//! cluster means nothing here. All else is left as it is.

use std::ffi::OsString;

use super::parse;

/// Options that say what is so anyway.
const IDLE: &[&str] =
    &["--no-timing", "--scheduler=local", "--target=local", "--artifact-store=shared"];

/// The same call in our words.
pub(super) fn translated(arguments: &[OsString]) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    let mut left = arguments.iter().peekable();
    while let Some(word) = left.next() {
        let pair = |value: &OsString| format!("{}={}", word.display(), value.display());
        let whole = left.peek().map(|value| pair(value)).filter(|pair| IDLE.contains(&&**pair));
        if whole.is_some() {
            left.next();
        } else if !IDLE.iter().any(|idle| word == idle) {
            words.push(word.clone());
        }
    }
    let Some(at) = command(&words) else { return arguments.to_vec() };
    let rest = words.split_off((at + 1).min(words.len()));
    let lab = lab_before(&mut words);
    let command = words.pop();
    let rest = match command.as_ref().and_then(|name| name.to_str()) {
        Some("gc") => collecting(rest),
        Some("completions") => rest.into_iter().filter(|word| word != "--shell").collect(),
        _ => rest,
    };
    words.extend(command.into_iter().chain(rest).chain(lab));
    words
}

/// What to say of a call that has no counterpart here.
pub(super) fn hint(arguments: &[OsString]) -> Option<&'static str> {
    let about = |word: &OsString| match word.to_str()?.split('=').next()? {
        "tui" => {
            Some("`repx run` shows what runs; `repx list jobs --status failed`, `repx log -f JOB`")
        }
        "cache" => Some("the cache may be deleted at any time; `--refresh` evaluates all the same"),
        "--scheduler" | "--target" | "--artifact-store" => {
            Some("jobs run on this machine; `repx build` writes a lab that upstream's tools submit")
        }
        "--resources" | "--mem" => {
            Some("how many jobs run at once is said by `-j` and by the stages' resources")
        }
        _ => None,
    };
    arguments.iter().skip(1).find_map(about)
}

/// Where the command stands: behind options, and the values of those that have one.
fn command(words: &[OsString]) -> Option<usize> {
    let known = parse::command();
    let valued = |word: &OsString| ["--lab", "-l", "--color"].iter().any(|known| word == known);
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let text = word.to_str()?;
        if !text.starts_with('-') {
            return known.find_subcommand(text).map(|_| at);
        }
        at += if valued(word) { 2 } else { 1 };
    }
    None
}

/// The lab that is named before the command, as an option behind it.
fn lab_before(words: &mut Vec<OsString>) -> Vec<OsString> {
    let Some(at) = words.iter().position(|word| word == "--lab" || word == "-l") else {
        return Vec::new();
    };
    let mut pair: Vec<OsString> = words.splice(at..(at + 2).min(words.len()), []).collect();
    if let Some(option) = pair.first_mut() {
        *option = "--lab".into();
    }
    pair
}

/// `gc pin`, `unpin`, `list` and `status`.
fn collecting(rest: Vec<OsString>) -> Vec<OsString> {
    let option = match rest.first().and_then(|word| word.to_str()) {
        Some("pin") => "--pin",
        Some("unpin") => "--unpin",
        Some("list" | "status") => "--list",
        _ => return rest,
    };
    let names = rest.into_iter().skip(1).filter(|word| word != "--name");
    std::iter::once(option.into()).chain(names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_words_for_the_same() {
        let said = |text: &str| {
            let words: Vec<OsString> = text.split(' ').map(OsString::from).collect();
            let words = translated(&words);
            words.iter().map(|word| word.display().to_string()).collect::<Vec<_>>().join(" ")
        };
        for (theirs, ours) in [
            ("repx gc pin paper", "repx gc --pin paper"),
            ("repx gc pin --name paper", "repx gc --pin paper"),
            ("repx gc unpin paper", "repx gc --unpin paper"),
            ("repx gc list", "repx gc --list"),
            ("repx gc --dry-run", "repx gc --dry-run"),
            ("repx completions --shell bash", "repx completions bash"),
            ("repx --lab x -v run main", "repx -v run main --lab x"),
            ("repx -l x list jobs", "repx list jobs --lab x"),
            ("repx run --no-timing main --scheduler local", "repx run main"),
            ("repx run --target cluster", "repx run --target cluster"),
            ("repx --lab x eval --count", "repx eval --count --lab x"),
            ("repx nothing --lab x", "repx nothing --lab x"),
            ("repx --lab", "repx --lab"),
        ] {
            assert_eq!(said(theirs), ours);
        }
    }
}
