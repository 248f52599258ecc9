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
    // To say what would run needs none of it.
    if options.native || options.dry_run {
        return Ok((None, Vec::new()));
    }
    let Config { execution, mount_host_paths, mount_paths, .. } = config;
    let wanted = match (options.bwrap, execution) {
        (true, _) | (false, Some(Execution::Bwrap)) => true,
        (false, Some(Execution::Podman | Execution::Docker)) => {
            let message = "jobs run without containers, which the configuration asks for";
            let warning = Diagnostic::warning("repx::run::no-containers", message)
                .help("`--bwrap` isolates them, `--native` says that they needn't be");
            return Ok((None, vec![warning]));
        }
        (false, Some(Execution::Native) | None) => false,
    };
    if !wanted {
        return Ok((None, Vec::new()));
    }
    let mounts = if mount_host_paths { Mounts::Host } else { Mounts::Paths(mount_paths) };
    Isolation::check(&mounts).map_err(|error| {
        Diagnostic::error("repx::config::mount-paths", format!("can't be mounted: {error}"))
            .help("see `mount_paths` in config.toml")
    })?;
    match Isolation::new(mounts, options.network, options.bwrap) {
        Ok(isolation) => Ok((Some(isolation), Vec::new())),
        Err(why) => {
            let warning = Diagnostic::warning(
                "repx::run::not-isolated",
                format!("jobs run without isolation: {why}"),
            );
            let help = "install bubblewrap (on Debian: apt install bubblewrap) and allow user \
                        namespaces; `--native` says that isolation isn't wanted";
            Ok((None, vec![warning.help(help)]))
        }
    }
}
