//! `config.toml`: how jobs are run and where results are kept, as upstream's file of this name says it.
//!
//! It lies beside the lab, or in `$XDG_CONFIG_HOME/repx`; what the former says counts. Keys that only concern other
//! machines are left alone.

mod file;

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::source::SourceMap;
use file::{File, Target};

/// What `repx run --help` says of the file.
pub(super) const HELP: &str = "\
config.toml, beside the lab or in $XDG_CONFIG_HOME/repx; what the former says
counts:
  submission_target = \"local\"       the target [default: local, or the only one]
  [targets.local]
  base_path = \"~/results\"           as --base-path; from the lab's directory
  default_execution_type = \"bwrap\"  or native: how containerized runs are run
  mount_paths = [ \"~/data\" ]        what isolated jobs may change
  mount_host_paths = false          may they change whatever the user may?
  [targets.local.local]
  local_concurrency = 4             as --jobs
  execution_types = [ \"native\" ]    what may be used: the first that
                                    can be
Other keys are upstream's, and left alone.";

/// A way to run jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Execution {
    /// As any other program.
    Native,
    /// Within bubblewrap.
    Bwrap,
    /// In a container, which is not done here.
    Podman,
    /// In a container, which is not done here.
    Docker,
}

impl Execution {
    /// All of them, by their words.
    const ALL: [(&str, Execution); 4] = [
        ("native", Execution::Native),
        ("bwrap", Execution::Bwrap),
        ("podman", Execution::Podman),
        ("docker", Execution::Docker),
    ];
}

/// What is said of running jobs on this machine.
#[derive(Default)]
pub(super) struct Config {
    /// How jobs of containerized runs may be run, the best way first; none said: as any other program.
    pub(super) executions: Vec<Execution>,
    /// Isolated jobs may change what the user may.
    pub(super) mount_host_paths: bool,
    /// Isolated jobs may change these.
    pub(super) mount_paths: Vec<PathBuf>,
    /// Where results are kept.
    pub(super) base_path: Option<PathBuf>,
    /// Jobs at once.
    pub(super) jobs: Option<NonZeroU16>,
    /// Jobs are meant to run on another machine, which is not done.
    pub(super) elsewhere: Option<Diagnostic>,
    /// Only a target that isn't the chosen one says where results are kept.
    pub(super) kept_elsewhere: Option<Diagnostic>,
}

/// The configuration of a lab that lies in this directory, and what there is to say about its files: with an error,
/// there is none.
pub(super) fn config(lab: &Path, sources: &SourceMap) -> (Config, Vec<Diagnostic>) {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let xdg = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let user = xdg.filter(|dir| dir.is_absolute()).or_else(|| Some(home.as_ref()?.join(".config")));
    let user = user.map(|dir| dir.join("repx/config.toml"));
    let mut found = Vec::new();
    let own = file::read(&lab.join("config.toml"), sources, &mut found);
    let users = user.map(|file| file::read(&file, sources, &mut found));
    let files = [own, users.unwrap_or_default()];
    found.extend(unknown_target(&files));
    (joined(&files, lab, home.as_deref()), found)
}

/// What files say, the first one's words before the second one's.
fn joined(files: &[File], lab: &Path, home: Option<&Path>) -> Config {
    let chosen = files.iter().find_map(|file| Some(file.submission_target.as_ref()?.0.as_str()));
    let chosen = chosen.unwrap_or_else(|| only(files));
    // A target on another machine says nothing of this one.
    let name = if is_elsewhere(files, chosen) { "local" } else { chosen };
    let targets: Vec<&Target> = files.iter().filter_map(|file| file.targets.get(name)).collect();
    let targets = if is_elsewhere(files, name) { Vec::new() } else { targets };
    let schedulers = || targets.iter().map(|target| &target.scheduler);
    let allowed = schedulers().map(|one| one.execution_types.as_slice());
    let allowed = allowed.into_iter().find(|types| !types.is_empty()).unwrap_or_default();
    let preferred = targets.iter().find_map(|target| target.execution);
    let preferred = preferred.filter(|one| allowed.is_empty() || allowed.contains(one));
    let others = allowed.iter().copied().filter(|one| Some(*one) != preferred);
    let expand = |path: &Path| match (path.strip_prefix("~"), home) {
        (Ok(inner), Some(home)) => home.join(inner),
        (Ok(_) | Err(_), _) => path.to_owned(),
    };
    // Jobs run elsewhere.
    let whole = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let paths = targets.iter().find_map(|target| target.mount_paths.as_deref()).unwrap_or_default();
    let base_path = targets.iter().find_map(|target| target.base_path.as_ref());
    Config {
        executions: preferred.into_iter().chain(others).collect(),
        mount_host_paths: targets.iter().find_map(|t| t.mount_host_paths).unwrap_or(false),
        mount_paths: paths.iter().map(|path| whole(lab.join(expand(path)))).collect(),
        base_path: base_path.map(|(path, _)| lab.join(expand(path))),
        jobs: schedulers().find_map(|one| one.local_concurrency),
        elsewhere: elsewhere(files),
        kept_elsewhere: kept_elsewhere(files).filter(|_| base_path.is_none()),
    }
}

/// Is a target of this name another machine?
fn is_elsewhere(files: &[File], name: &str) -> bool {
    files.iter().any(|file| file.targets.get(name).is_some_and(|t| t.address.is_some()))
}

/// The target of files that don't say which: `local`, or the only one there is.
fn only(files: &[File]) -> &str {
    let names: BTreeSet<&String> = files.iter().flat_map(|file| file.targets.keys()).collect();
    match names.first() {
        Some(only) if names.len() == 1 => only,
        Some(_) | None => "local",
    }
}

/// A `submission_target` that is another machine, whether or not it has results of its own.
fn elsewhere(files: &[File]) -> Option<Diagnostic> {
    let (name, span) = files.iter().find_map(|file| file.submission_target.as_ref())?;
    if !is_elsewhere(files, name) {
        return None;
    }
    let message = format!("jobs run on this machine, and not on target `{name}`");
    let help = "`submission_target = \"local\"` says that they are to; `repx build` writes the lab for \
                upstream's tools, which submit it";
    Some(
        Diagnostic::warning("repx::run::other-target", message)
            .at(*span, "another machine")
            .help(help),
    )
}

/// The `base_path` of the nearest file that has one, where that of no target counts.
fn kept_elsewhere(files: &[File]) -> Option<Diagnostic> {
    let of = |file: &File| {
        let mut all = file.targets.iter();
        all.find_map(|(name, target)| Some((name.clone(), target.base_path.as_ref()?.1)))
    };
    let (name, span) = files.iter().find_map(of)?;
    let (label, help) = match is_elsewhere(files, &name) {
        true => ("another machine's", "`[targets.local]` says where on this one".to_owned()),
        false => ("another target's", format!("`submission_target = \"{name}\"` makes it count")),
    };
    let message = "results are kept in .repx beside the lab, not where `base_path` says";
    Some(Diagnostic::warning("repx::run::other-target", message).at(span, label).help(help))
}

/// A target that no file speaks of: jobs would be run otherwise than meant.
fn unknown_target(files: &[File]) -> Option<Diagnostic> {
    let names: BTreeSet<&str> =
        files.iter().flat_map(|f| f.targets.keys().map(String::as_str)).collect();
    let (target, span) = files.iter().find_map(|file| file.submission_target.as_ref())?;
    if target == "local" || names.contains(target.as_str()) {
        return None;
    }
    let help = did_you_mean(target, &names)
        .unwrap_or_else(|| format!("`[targets.{target}]` in config.toml says what it is"));
    let wrong =
        Diagnostic::error("repx::config::invalid", format!("there is no target `{target}`"));
    Some(wrong.at(*span, "no such target").help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files<const N: usize>(texts: [&str; N]) -> [File; N] {
        texts.map(|text| {
            let mut found = Vec::new();
            let file = file::parsed(text, 1, &mut found);
            assert!(found.is_empty(), "{found:?}");
            file
        })
    }

    fn from(own: &str, users: &str) -> Config {
        joined(&files([own, users]), Path::new("/lab"), Some(Path::new("/home/u")))
    }

    /// Nothing is said of this machine.
    fn is_default(config: &Config) -> bool {
        let Config { executions, mount_host_paths, mount_paths, base_path, jobs, .. } = config;
        let paths = mount_paths.is_empty() && base_path.is_none();
        executions.is_empty() && !mount_host_paths && paths && jobs.is_none()
    }

    #[test]
    fn the_labs_file_counts_before_the_users() {
        let users = r#"
            theme = "default"
            submission_target = "local"
            [targets.local]
            base_path = "~/store"
            default_execution_type = "bwrap"
            mount_paths = ["~/data", "/opt", "in"]
            [targets.local.local]
            execution_types = ["bwrap", "native"]
            local_concurrency = 4
        "#;
        let config = from("", users);
        assert_eq!(config.executions, [Execution::Bwrap, Execution::Native]);
        assert_eq!(config.mount_paths, ["/home/u/data", "/opt", "/lab/in"].map(Path::new));
        let own = "[targets.local]\ndefault_execution_type = \"native\"\nmount_paths = []";
        let config = from(own, users);
        assert_eq!(config.executions, [Execution::Native, Execution::Bwrap]);
        assert_eq!(config.base_path, Some(PathBuf::from("/home/u/store")));
        assert_eq!((config.jobs, config.mount_paths.len()), (NonZeroU16::new(4), 0));
        assert!(from("[targets.local]\nmount_host_paths = true", users).mount_host_paths);
    }

    #[test]
    fn results_lie_where_the_nearest_file_says() {
        let base = |own: &str, users: &str| {
            let file = |path: &str| match path {
                "" => String::new(),
                path => format!("[targets.local]\nbase_path = \"{path}\""),
            };
            from(&file(own), &file(users)).base_path.unwrap_or_default()
        };
        assert_eq!(base("", ""), Path::new(""));
        assert_eq!(base("", "~/results"), Path::new("/home/u/results"));
        assert_eq!(base("results", "~/results"), Path::new("/lab/results"));
        assert_eq!(base("/own", ""), Path::new("/own"));
    }

    #[test]
    fn the_only_target_is_meant() {
        let config = from("[targets.cluster]\nmount_paths = [\"/data\"]", "");
        assert_eq!(config.mount_paths, [Path::new("/data")]);
        let two = "[targets.cluster]\nmount_paths = [\"/data\"]\n[targets.other]";
        assert!(is_default(&from(two, "")));
    }

    #[test]
    fn what_is_mistaken_is_told_at_its_place() {
        let told = |text: &str| {
            let mut found = Vec::new();
            let files = [file::parsed(text, 1, &mut found)];
            found.extend(unknown_target(&files));
            let told = found.into_iter().map(|wrong| {
                let span = wrong.primary.as_ref().expect("a place").span;
                let place = &text[span.start as usize - 1..span.end as usize - 1];
                let help = wrong.help.expect("advice");
                format!("{} {place} {}; {help}", wrong.severity.word(), wrong.message)
            });
            told.collect::<Vec<_>>().join("\n")
        };
        for (text, place, said) in [
            ("submission_target = \"clutser\"\n[targets.cluster]", "\"clutser\"", "`cluster`?"),
            ("submision_target = \"x\"", "submision_target", "`submission_target`?"),
            ("[target.local]\nbase_path = \"x\"", "target", "`targets`?"),
            ("[targets.local]\nmount_path = []", "mount_path", "did you mean `mount_paths`?"),
            ("[targets.c]\nadress = \"x\"", "adress", "did you mean `address`?"),
            ("[targets.local.locl]", "locl", "did you mean `local`?"),
            ("[targets.l.local]\nlocal_concurency = 1", "local_concurency", "`local_concurrency`?"),
            ("[targets.l.local]\nlocal_concurrency = 0", "0", "from 1 to 4096"),
            ("[targets.l.local]\nlocal_concurrency = 70_000", "70_000", "from 1 to 4096"),
            ("[targets.l.local]\nlocal_concurrency = \"4\"", "\"4\"", "from 1 to 4096"),
            ("[targets.l.local]\nexecution_types = \"bwrap\"", "\"bwrap\"", "to be a list"),
            ("[targets.l]\nlocal = 4", "4", "a table, `[targets.l.local]`"),
            ("[targets]\nlocal = \"x\"", "\"x\"", "a table, `[targets.local]`"),
            ("targets = []", "[]", "a table, `[targets]`"),
            ("[targets.l]\nbase_path = 3", "3", "`base_path` is to be a text"),
            ("[targets.l]\nbase_path = \"\"", "\"\"", "an empty path for `base_path`"),
            ("[targets.l]\nmount_paths = [\"\"]", "\"\"", "an empty path for `mount_paths`"),
            ("[targets.l]\nbase_path = \"~me/x\"", "\"~me/x\"", "`~me/x` is no path"),
            ("[targets.\"my host\"]\nlocal = 1", "1", "`[targets.\"my host\".local]`"),
            ("base_path = \"x\"", "base_path", "such as `[targets.local]`"),
            ("[targets.l]\nlocal_concurrency = 3", "local_concurrency", "`[targets.local.local]`"),
            ("[targets.l]\nsubmission_target = \"l\"", "submission_target", "at the top"),
            ("[targets.l]\nmount_paths = [\"/a\", 2]", "2", "`mount_paths` is to be a text"),
            ("[targets.l]\nmount_host_paths = 1", "1", "is to be true or false"),
            ("[targets.l]\ndefault_execution_type = \"nativ\"", "\"nativ\"", "mean `native`?"),
            ("[targets.l]\nexecution_types = [", "", "this isn't TOML"),
            ("[targets.l]\n[targets.l]", "l", "this isn't TOML"),
        ] {
            let told = told(text);
            let right = told.starts_with(&format!("error {place} ")) && told.contains(said);
            assert!(right && !told.contains('\n'), "{text}: {told}");
        }
        let other = told("themee = \"x\"\n[targets.l]\ncolour = 1\n[targets.l.local]\nx = 1");
        assert_eq!(other.matches("warning").count(), 3, "{other}");
        assert!(other.contains("did you mean `theme`?") && other.contains("nothing reads it"));
    }

    /// What upstream's tools read says nothing here, and isn't wrong.
    #[test]
    fn upstreams_keys_are_left_alone() {
        let theirs = r#"
            theme = "default"
            submission_target = "local"
            default_scheduler = "local"
            [logging]
            max_files = 50
            max_age_days = 7
            [targets.local]
            base_path = "/b"
            default_scheduler = "local"
            [targets.local.local]
            execution_types = ["native", "podman"]
            [targets.cluster]
            address = "me@there"
            base_path = "/scratch"
            node_local_path = "/tmp"
            artifact_store = "shared"
            default_scheduler = "slurm"
            [targets.cluster.slurm]
            execution_types = ["podman"]
        "#;
        assert_eq!(from(theirs, "").base_path, Some(PathBuf::from("/b")));
    }

    #[test]
    fn other_machines_say_nothing_of_this_one() {
        let cluster = r#"
            submission_target = "cluster"
            [targets.cluster]
            address = "me@there"
            base_path = "/scratch"
            mount_host_paths = true
            default_execution_type = "podman"
        "#;
        let config = from("", cluster);
        assert!(is_default(&config));
        assert!(config.elsewhere.is_some() && config.kept_elsewhere.is_some());
    }

    #[test]
    fn what_is_not_done_as_said_is_told() {
        let told = |text: &str| {
            let config = from(text, "");
            let help = |wrong: Option<Diagnostic>| wrong.and_then(|wrong| wrong.help);
            let all = [help(config.elsewhere), help(config.kept_elsewhere)];
            all.into_iter().flatten().collect::<Vec<_>>().join("; ")
        };
        let far = "[targets.far]\naddress = \"a\"\nbase_path = \"/f\"\n";
        let near = "[targets.near]\nbase_path = \"/n\"\n";
        let local = "[targets.local]\nbase_path = \"/l\"\n";
        for silent in ["", local, near, &format!("{far}{local}"), &format!("{near}{local}")] {
            assert_eq!(told(silent), "", "{silent}");
        }
        assert!(told(far).contains("`[targets.local]`"));
        assert!(told(&format!("{near}[targets.other]")).contains("\"near\""));
        let chosen = |name: &str| format!("submission_target = \"{name}\"\n{far}{near}");
        assert_eq!(told(&chosen("near")), "");
        assert!(told(&chosen("far")).contains("are to"));
        assert!(told(&chosen("local")).contains("`[targets.local]`"));
    }
}
