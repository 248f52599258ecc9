//! How to talk to the user: colours, columns, how much.

use std::io::IsTerminal;

use clap::ValueEnum;

use crate::diagnostic::Severity;

/// How to talk to the user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// Colours in results.
    pub(super) color: bool,
    /// Colours in diagnostics.
    pub(super) color_errors: bool,
    /// Columns of what is told.
    pub(super) width: usize,
    /// Columns of tables. Off a terminal nothing is cut, unless `COLUMNS` says where.
    pub(super) page: usize,
    /// Diagnostics in sentences, for screen readers.
    pub(super) narrated: bool,
    /// How much to say.
    pub(super) volume: Volume,
}

/// How much to say beside the result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Volume {
    /// Errors alone.
    Quiet,
    /// Warnings too.
    Normal,
    /// Advice and times too.
    Verbose,
}

/// When to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// Columns of a page when no terminal says how many it has.
const PAGE: usize = 80;

impl Terminal {
    /// The one that this process has.
    pub(super) fn new(color: Color, volume: Volume) -> Terminal {
        let color = |is_terminal: bool| match color {
            Color::Auto => is_terminal && !no_color(),
            Color::Always => true,
            Color::Never => false,
        };
        let asked = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let asked = asked.filter(|columns| *columns > 0);
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let columns: Option<usize> = asked.or_else(measured);
        Terminal {
            color: color(std::io::stdout().is_terminal()),
            color_errors: color(std::io::stderr().is_terminal()),
            width: columns.unwrap_or(PAGE),
            page: if std::io::stdout().is_terminal() {
                columns.unwrap_or(PAGE)
            } else {
                asked.unwrap_or(usize::MAX)
            },
            narrated: is_set("NO_GRAPHICS"),
            volume,
        }
    }

    /// One that hears of nothing.
    pub(super) fn silent() -> Terminal {
        Terminal {
            color: false,
            color_errors: false,
            narrated: false,
            width: PAGE,
            page: PAGE,
            volume: Volume::Quiet,
        }
    }

    /// The same terminal for what is said even to those who want to hear little.
    pub(super) fn heard(&self) -> Terminal {
        Terminal { volume: self.volume.max(Volume::Normal), ..*self }
    }

    /// Does the user want to hear of such things?
    pub(super) fn shows(&self, severity: Severity) -> bool {
        match severity {
            Severity::Error => true,
            Severity::Warning => self.volume >= Volume::Normal,
            Severity::Advice => self.volume >= Volume::Verbose,
        }
    }
}

/// Does the user do without colours?
pub(super) fn no_color() -> bool {
    is_set("NO_COLOR")
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "0")
}
