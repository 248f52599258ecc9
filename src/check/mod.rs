//! What is wrong with a lab, all of it, before anything runs.
//!
//! In come files, or a lab to evaluate; out come diagnostics, some with fixes that can be applied
//! without asking. Nothing here prints, and nothing here is needed to evaluate.
//!
//! | file | what it does |
//! |---|---|
//! | `codes.rs` | what each code means |
//! | `file.rs` | one text: syntax, undefined names, and the rules |
//! | `names.rs` | what each name of a file means, and where it is used |
//! | `origin.rs` | where a value of the wrong type was made |
//! | `rules.rs` | what may be wrong though it evaluates |
//! | `tree.rs` | which files there are: below a directory, or those that a lab names |
//! | `lab.rs`, `unused.rs` | the evaluated lab: what only its values tell |
//! | `shell/` | the scripts of stages, as shell |
//! | `findings.rs` | what was found, each thing once, with what `--deny` and `--allow` say |
//! | `mend.rs` | applying fixes |

pub mod codes;
pub mod file;
pub mod findings;
pub mod lab;
pub mod mend;
pub mod names;
pub mod origin;
mod rules;
pub mod shell;
pub mod tree;
mod unused;

pub use file::{Around, Checked, check_file, check_parsed, is_readable};
pub use findings::{Findings, Levels};
pub use lab::{LabRequest, MISSING_PACKAGE, check_lab};
pub use mend::{Mended, mend};
pub use names::Names;
pub use tree::{check_all, files_by, lab_files, literal_path, literal_paths, nix_files};
