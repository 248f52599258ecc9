//! Settings that evaluation heeds.

/// Settings of an evaluation, under the names that they have in Nix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settings {
    /// `max-call-depth`: calls within calls before evaluation gives up.
    pub max_call_depth: u32,
    /// `abort-on-warn`: `builtins.warn` ends the evaluation.
    pub abort_on_warn: bool,
    /// `trace-verbose`: `builtins.traceVerbose` traces.
    pub trace_verbose: bool,
}

impl Default for Settings {
    /// Nix's own defaults.
    fn default() -> Settings {
        Settings { max_call_depth: 10_000, abort_on_warn: false, trace_verbose: false }
    }
}
