//! `config.toml`: how jobs are run and where results are kept, as upstream's file of this name says it.
//!
//! It lies beside the lab, or in `$XDG_CONFIG_HOME/repx`; what the former says counts. Keys that only concern other
//! machines are left alone.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::diagnostic::{Diagnostic, did_you_mean};

/// What a file says, as far as it concerns this machine.
#[derive(Deserialize, Default, Debug)]
struct File {
    submission_target: Option<String>,
    #[serde(default)]
    targets: BTreeMap<String, Target>,
}

#[derive(Deserialize, Default, Debug, Clone)]
struct Target {
    address: Option<String>,
    default_execution_type: Option<Execution>,
    mount_host_paths: Option<bool>,
    mount_paths: Option<Vec<PathBuf>>,
    base_path: Option<PathBuf>,
    local: Option<Scheduler>,
    /// Upstream's other keys.
    #[serde(flatten)]
    others: BTreeMap<String, toml::Value>,
}

/// Keys of a target that concern this machine.
const KEYS: [&str; 5] =
    ["default_execution_type", "mount_host_paths", "mount_paths", "base_path", "local"];

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
  execution_types = [ \"native\" ]    what may be used, the best one first
Other keys are upstream's, and left alone.";

#[derive(Deserialize, Default, Debug, Clone)]
struct Scheduler {
    #[serde(default)]
    execution_types: Vec<Execution>,
    local_concurrency: Option<NonZeroU16>,
}

/// A way to run jobs.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
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

/// What is said of running jobs on this machine.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Config {
    /// How jobs of containerized runs are run.
    pub(super) execution: Option<Execution>,
    /// Isolated jobs may change what the user may.
    pub(super) mount_host_paths: bool,
    /// Isolated jobs may change these.
    pub(super) mount_paths: Vec<PathBuf>,
    /// Where results are kept.
    pub(super) base_path: Option<PathBuf>,
    /// Jobs at once.
    pub(super) jobs: Option<NonZeroU16>,
}

/// The configuration of a lab that lies in this directory.
///
/// # Errors
/// A file that isn't understood.
pub(super) fn config(lab: &Path) -> Result<Config, Diagnostic> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let xdg = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let user = xdg.filter(|dir| dir.is_absolute()).or_else(|| Some(home.as_ref()?.join(".config")));
    let user = user.map(|dir| dir.join("repx/config.toml"));
    let own = read(&lab.join("config.toml"))?;
    let users = user.map_or(Ok(None), |file| read(&file))?;
    let files = [own.unwrap_or_default(), users.unwrap_or_default()];
    match mistaken(&files) {
        Some(wrong) => Err(wrong),
        None => Ok(joined(&files, lab, home.as_deref())),
    }
}

fn read(path: &Path) -> Result<Option<File>, Diagnostic> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("can't read {}: {error}", path.display());
            return Err(Diagnostic::error("repx::config::unreadable", message)
                .help("jobs can be run without such a file"));
        }
    };
    toml::from_str(&text).map(Some).map_err(|error| {
        let place = error.span().map(|span| {
            let before = text.get(..span.start).unwrap_or_default();
            format!(":{}", before.matches('\n').count() + 1)
        });
        let place = format!("{}{}", path.display(), place.unwrap_or_default());
        Diagnostic::error("repx::config::invalid", format!("{place}: {}", error.message()))
            .help("`repx run --help` says what may stand there")
    })
}

/// What files say, the first one's words before the second one's.
fn joined(files: &[File], lab: &Path, home: Option<&Path>) -> Config {
    let name = files.iter().find_map(|file| file.submission_target.clone());
    let name = name.unwrap_or_else(|| only(files));
    let here = |file: &File, name: &str| {
        file.targets.get(name).filter(|target| target.address.is_none()).cloned()
    };
    // A target on another machine says nothing of this one.
    let elsewhere = files.iter().any(|f| f.targets.get(&name).is_some_and(|t| t.address.is_some()));
    let name = if elsewhere { "local" } else { &name };
    let targets: Vec<Target> = files.iter().filter_map(|file| here(file, name)).collect();
    let schedulers = || targets.iter().filter_map(|target| target.local.as_ref());
    let allowed = schedulers().map(|one| one.execution_types.as_slice());
    let allowed = allowed.into_iter().find(|types| !types.is_empty()).unwrap_or_default();
    let preferred = targets.iter().find_map(|target| target.default_execution_type);
    let preferred = preferred.filter(|one| allowed.is_empty() || allowed.contains(one));
    let expand = |path: PathBuf| match (path.strip_prefix("~"), home) {
        (Ok(inner), Some(home)) => home.join(inner),
        (Ok(_) | Err(_), _) => path,
    };
    let paths = targets.iter().find_map(|target| target.mount_paths.clone()).unwrap_or_default();
    let base_path = targets.iter().find_map(|target| target.base_path.clone());
    Config {
        execution: preferred.or_else(|| allowed.first().copied()),
        mount_host_paths: targets.iter().find_map(|t| t.mount_host_paths).unwrap_or(false),
        mount_paths: paths.into_iter().map(expand).collect(),
        base_path: base_path.map(|path| lab.join(expand(path))),
        jobs: schedulers().find_map(|one| one.local_concurrency),
    }
}

/// The target of files that don't say which: `local`, or the only one there is.
fn only(files: &[File]) -> String {
    let names: BTreeSet<&String> = files.iter().flat_map(|file| file.targets.keys()).collect();
    match names.first() {
        Some(only) if names.len() == 1 => (*only).clone(),
        Some(_) | None => "local".to_owned(),
    }
}

/// A target that no file speaks of, or a key that is nearly one of ours: jobs would be run otherwise than meant.
fn mistaken(files: &[File]) -> Option<Diagnostic> {
    let wrong = |message: String, help: String| {
        Some(Diagnostic::error("repx::config::invalid", message).help(help))
    };
    let names: BTreeSet<&str> =
        files.iter().flat_map(|f| f.targets.keys().map(String::as_str)).collect();
    if let Some(target) = files.iter().find_map(|file| file.submission_target.as_deref())
        && target != "local"
        && !names.contains(target)
    {
        let help = did_you_mean(target, &names)
            .unwrap_or_else(|| format!("`[targets.{target}]` in config.toml says what it is"));
        return wrong(
            format!("`submission_target` is `{target}`, and there is no such target"),
            help,
        );
    }
    for (name, target) in files.iter().flat_map(|file| &file.targets) {
        let nearly = |key: &String| Some((key.clone(), did_you_mean(key, KEYS)?));
        if let Some((key, help)) = target.others.keys().find_map(nearly) {
            return wrong(format!("target `{name}` has no key `{key}`"), help);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(own: &str, users: &str) -> Config {
        let files = [own, users].map(|text| toml::from_str::<File>(text).unwrap());
        joined(&files, Path::new("/lab"), Some(Path::new("/home/u")))
    }

    #[test]
    fn the_labs_file_counts_before_the_users() {
        let users = r#"
            theme = "default"
            submission_target = "local"
            [targets.local]
            base_path = "~/store"
            default_execution_type = "bwrap"
            mount_paths = ["~/data", "/opt"]
            [targets.local.local]
            execution_types = ["bwrap", "native"]
            local_concurrency = 4
        "#;
        let config = from("", users);
        assert_eq!(config.execution, Some(Execution::Bwrap));
        assert_eq!(config.mount_paths, [Path::new("/home/u/data"), Path::new("/opt")]);
        let own = "[targets.local]\ndefault_execution_type = \"native\"\nmount_paths = []";
        let config = from(own, users);
        let (base_path, jobs) = (Some(PathBuf::from("/home/u/store")), NonZeroU16::new(4));
        let native = Config { execution: Some(Execution::Native), ..Config::default() };
        assert_eq!(config, Config { base_path, jobs, ..native });
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
        assert_eq!(from(two, ""), Config::default());
    }

    #[test]
    fn what_is_mistaken_is_told() {
        let told = |text: &str| {
            let file: File = toml::from_str(text).unwrap();
            mistaken(&[file]).map(|wrong| (wrong.message, wrong.help.unwrap()))
        };
        let (message, help) = told("submission_target = \"clutser\"\n[targets.cluster]").unwrap();
        assert!(message.contains("`clutser`") && help.contains("`cluster`"), "{message} {help}");
        let (message, help) = told("[targets.local]\nmount_path = []").unwrap();
        assert!(message.contains("`mount_path`") && help.contains("`mount_paths`"), "{help}");
        assert_eq!(told("submission_target = \"local\"\n[targets.x]\nbase_path = \"/b\""), None);
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
        assert_eq!(from("", cluster), Config::default());
    }
}
