//! Nix's settings that concern evaluation, from where Nix reads them.

use super::arguments::{NixOptions, pairs};
use crate::diagnostic::Diagnostic;
use crate::eval::Settings;

/// What the environment and `--option` say, in this order: `NIX_ABORT_ON_WARN`, `NIX_CONFIG`, flags.
///
/// # Errors
/// A value that the setting can't have.
pub(super) fn settings(options: &NixOptions) -> Result<Settings, Diagnostic> {
    let variable = |name: &str| std::env::var(name).ok();
    from(&variable, options).map_err(|message| {
        Diagnostic::error("repx::cli::setting", message)
            .help("settings come from --option and from the environment variable NIX_CONFIG")
    })
}

fn from(
    variable: &dyn Fn(&str) -> Option<String>,
    options: &NixOptions,
) -> Result<Settings, String> {
    // Any other word leaves it as it is, unlike the setting's own values (Nix's EvalSettings).
    let abort_on_warn =
        variable("NIX_ABORT_ON_WARN").is_some_and(|word| matches!(&*word, "1" | "yes" | "true"));
    let mut settings = Settings { abort_on_warn, ..Settings::default() };
    let config = variable("NIX_CONFIG").unwrap_or_default();
    let lines = config.lines().filter_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let (name, value) = line.split_once('=')?;
        Some((name.trim(), value.trim()))
    });
    for (name, value) in lines.chain(pairs(&options.option)) {
        set(&mut settings, name, value)?;
    }
    Ok(settings)
}

/// Settings that evaluation doesn't know are Nix's own.
fn set(settings: &mut Settings, name: &str, value: &str) -> Result<(), String> {
    match name {
        "abort-on-warn" => settings.abort_on_warn = boolean(name, value)?,
        "trace-verbose" => settings.trace_verbose = boolean(name, value)?,
        "max-call-depth" => {
            let wrong = |_| format!("setting '{name}' has invalid value '{value}'");
            settings.max_call_depth = value.parse().map_err(wrong)?;
        }
        _ => {}
    }
    Ok(())
}

fn boolean(name: &str, value: &str) -> Result<bool, String> {
    match value {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(format!("Boolean setting '{name}' has invalid value '{value}'")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], options: &[&str]) -> Result<Settings, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let option = options.iter().map(|word| (*word).to_owned()).collect();
        from(&variable, &NixOptions { option, ..NixOptions::default() })
    }

    #[test]
    fn what_is_said_later_counts() {
        let aborts =
            |variables: &[_], options: &[_]| read(variables, options).unwrap().abort_on_warn;
        let on = ("NIX_ABORT_ON_WARN", "yes");
        let off = ("NIX_CONFIG", "cores = 1\n abort-on-warn = no # not now\ntrace-verbose = 1");
        assert!(!aborts(&[], &[]));
        assert!(!aborts(&[("NIX_ABORT_ON_WARN", "2")], &[]));
        assert!(aborts(&[on], &[]));
        assert!(!aborts(&[on, off], &[]));
        assert!(aborts(&[on, off], &["abort-on-warn", "1"]));
        assert!(read(&[off], &[]).unwrap().trace_verbose);
        assert_eq!(read(&[], &["max-call-depth", "7"]).unwrap().max_call_depth, 7);
    }

    #[test]
    fn a_value_must_be_one_of_the_settings() {
        assert_eq!(
            read(&[], &["abort-on-warn", "2"]).unwrap_err(),
            "Boolean setting 'abort-on-warn' has invalid value '2'"
        );
        assert_eq!(
            read(&[("NIX_CONFIG", "max-call-depth = -1")], &[]).unwrap_err(),
            "setting 'max-call-depth' has invalid value '-1'"
        );
    }
}
