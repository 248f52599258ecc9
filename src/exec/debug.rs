//! The environment of a job, without the job: to look around in.
//!
//! What is written lies in a directory of the caller's; the job's own results and logs stay as they are.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};

use super::schedule::{Piece, Unit};
use super::script::quoted;
use super::work::Work;
use crate::sweep::StageKind;

/// What is run there.
#[derive(Clone, Copy, Debug)]
pub enum Inside<'c> {
    /// A shell for people, with this before each line.
    Shell(&'c str),
    /// A shell that reads its standard input.
    Input,
    /// A command.
    Command(&'c str),
}

/// Runs something in the environment of a piece of a job: its search path, arrays and inputs, and an empty
/// `$out` below `scratch`, which has to be there.
///
/// # Errors
/// When the system refuses, or there is no such piece.
pub fn enter(
    work: &Work<'_>,
    unit: Unit,
    scratch: &Path,
    inside: Inside<'_>,
) -> io::Result<ExitStatus> {
    let task = work.task(unit)?;
    let place = |name: &str| scratch.join(name);
    let (out, begin) = (place("out"), place("begin.bash"));
    fs::create_dir(&out)?;
    let [inputs, params, arrays] = task.call.write(scratch)?;
    let word = |path: &Path| quoted(&path.display().to_string());
    let strict = match inside {
        Inside::Shell(prompt) => format!("PS1={}", quoted(prompt)),
        Inside::Input | Inside::Command(_) => "set -euo pipefail".to_owned(),
    };
    let text = format!(
        "unset BASH_ENV\nexport PATH={path}\nexport out={out}\n\
         export inputs_json={inputs} parameters_json={params}\n\
         declare -A inputs=() params=() parameters=()\nsource {arrays}\n\
         repx_job() {{ REPX_ARRAYS={arrays} {shell} {script} \"$out\" \"$inputs_json\" \"$parameters_json\"; }}\n\
         cd -- \"$out\"\n{strict}\n",
        path = quoted(&work.search_path(&task)?),
        out = word(&out),
        inputs = word(&inputs),
        params = word(&params),
        arrays = word(&arrays),
        shell = word(work.shell()),
        script = word(&task.script),
    );
    fs::write(&begin, text)?;
    let mut command = Command::new(work.shell());
    match inside {
        Inside::Shell(_) => {
            command.arg("--rcfile").arg(&begin).arg("-i");
        }
        Inside::Input => {
            command.env("BASH_ENV", &begin).arg("-s");
        }
        Inside::Command(text) => {
            command.env("BASH_ENV", &begin).args(["-c", text, "debug-run"]);
        }
    }
    command.current_dir(&out).status()
}

/// The piece of a job that a name means: `scatter`, `gather`, or `worker:3` for the worker (or a step) of an
/// item. Without a name what is run first.
pub fn piece(work: &Work<'_>, job: u32, part: Option<&str>) -> Option<Piece> {
    let view = work.view(job).ok()?;
    match (view.stage().kind, part) {
        (StageKind::Simple, None) => Some(Piece::Main),
        (StageKind::Simple, Some(_)) => None,
        (StageKind::ScatterGather, None | Some("scatter")) => Some(Piece::Scatter),
        (StageKind::ScatterGather, Some("gather")) => Some(Piece::Gather),
        (StageKind::ScatterGather, Some(part)) => {
            let (name, item) = part.split_once(':')?;
            let step = view.steps().iter().position(|step| *step.name == *name)?;
            Some(Piece::Step { item: item.parse().ok()?, step: u32::try_from(step).ok()? })
        }
    }
}
