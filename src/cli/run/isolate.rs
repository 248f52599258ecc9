//! Whether jobs are kept apart from the machine, and how.

use super::super::arguments::RunOptions;
use super::super::config::{Config, Execution};
use crate::diagnostic::Diagnostic;
use crate::exec::{Isolation, Mounts};

/// What the call and the configuration say, and what is to be said about it.
///
/// # Errors
/// When the configuration is wrong.
pub(super) fn isolation(
    options: &RunOptions,
    config: Config,
) -> Result<(Option<Isolation>, Vec<Diagnostic>), Diagnostic> {
    let Config { mut executions, mount_host_paths, mount_paths, .. } = config;
    if options.bwrap {
        executions = vec![Execution::Bwrap];
    }
    // Containers, which aren't made here, and whatever comes after native, are of no use.
    let may_be_native = executions.contains(&Execution::Native);
    executions.truncate(executions.iter().take_while(|one| **one != Execution::Native).count());
    let isolated = executions.contains(&Execution::Bwrap);
    if options.native || executions.is_empty() || !isolated && may_be_native {
        return Ok((None, Vec::new()));
    }
    if !isolated {
        let message = "jobs run without containers, which the configuration asks for";
        let warning = Diagnostic::warning("repx::run::no-containers", message)
            .help("`--bwrap` isolates them, `--native` says that they needn't be");
        return Ok((None, vec![warning]));
    }
    let mounts = if mount_host_paths { Mounts::Host } else { Mounts::Paths(mount_paths) };
    Isolation::check(&mounts).map_err(|error| {
        Diagnostic::error("repx::config::mount-paths", format!("can't be mounted: {error}"))
            .help("see `mount_paths` in config.toml")
    })?;
    match Isolation::new(mounts, options.network, options.bwrap) {
        Ok(isolation) => Ok((Some(isolation), Vec::new())),
        Err(why) => {
            let message = format!("jobs run without isolation: {why}");
            let warning = Diagnostic::warning("repx::run::not-isolated", message);
            let help = "install bubblewrap (on Debian: apt install bubblewrap) and allow user \
                        namespaces; `--native` says that isolation isn't wanted";
            Ok((None, vec![warning.help(help)]))
        }
    }
}
