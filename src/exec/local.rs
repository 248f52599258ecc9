//! Processes of this machine.
//!
//! Each script leads a process group of its own, so that whatever it started can be ended with it. The
//! terminal's Ctrl-C doesn't reach such groups: they hear of it from us, gently, then firmly. If we are killed
//! ourselves, the file that they have as standard input tells the next call of them (`place`).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::isolation::Isolation;
use super::place::{Hold, at};
use super::schedule::{Ended, Executor, Failure, Piece, Unit};
use super::work::{Task, Work};

/// Runs pieces of work as processes of this machine.
#[derive(Debug)]
pub struct Local<'l> {
    work: &'l Work<'l>,
    hold: &'l Hold,
    isolation: Option<&'l Isolation>,
    children: Mutex<Children>,
}

#[derive(Debug, Default)]
struct Children {
    groups: BTreeMap<Unit, Pid>,
    /// What they are told from now on.
    told: Option<Signal>,
}

impl<'l> Local<'l> {
    /// Runs this work while the base path is held, perhaps kept apart from the machine.
    pub fn new(work: &'l Work<'l>, hold: &'l Hold, isolation: Option<&'l Isolation>) -> Local<'l> {
        Local { work, hold, isolation, children: Mutex::default() }
    }

    fn children(&self) -> MutexGuard<'_, Children> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn try_run(&self, unit: Unit) -> io::Result<Ended> {
        if matches!(unit.piece, Piece::Main | Piece::Scatter) {
            self.work.begins(unit.job)?;
        }
        if unit.piece == Piece::Scatter {
            return self.scatter(unit);
        }
        if unit.piece == Piece::Gather {
            self.work.write_outs(unit.job)?;
        }
        let task = self.work.task(unit)?;
        self.script(unit, &task)
    }

    /// Scatter runs unless it has; then its items are known.
    fn scatter(&self, unit: Unit) -> io::Result<Ended> {
        let whole = self.work.folder(unit.job)?;
        if self.work.is_forced(unit.job) || whole.is_outdated() {
            whole.remove_pieces()?;
        }
        whole.unmark()?;
        let task = self.work.task(unit)?;
        if !self.work.has_list(unit.job)? {
            let ended = self.script(unit, &task)?;
            if !matches!(ended, Ended::Done(_)) {
                return Ok(ended);
            }
        }
        let (items, done) = self.work.items(unit.job).inspect_err(|_| {
            // The list can't be used: scatter is to write another.
            let _ = task.folder.unmark();
        })?;
        Ok(Ended::Scattered(items, done, self.work.unwritten(unit)?))
    }

    fn script(&self, unit: Unit, task: &Task<'_>) -> io::Result<Ended> {
        let folder = &task.folder;
        folder.clear()?;
        let repx = folder.repx();
        let [inputs, params, arrays] = task.call.write(&repx)?;
        link_script(&repx.join("script.sh"), &task.script)?;
        let out = folder.out();
        let arguments = [&task.script, &out, &inputs, &params].map(Into::into);
        let isolation = self.isolation.filter(|how| how.all || self.work.is_contained(unit.job));
        let mut command = match isolation {
            Some(isolation) => {
                isolation.command(self.work.base(), Some(&out), self.work.shell(), &arguments)
            }
            None => {
                let mut command = Command::new(self.work.shell());
                command.args(arguments);
                command
            }
        };
        command
            .env("REPX_ARRAYS", arrays)
            .current_dir(folder.out())
            .stdin(self.hold.stdin()?)
            .stdout(create(&folder.stdout())?)
            .stderr(create(&folder.stderr())?)
            .process_group(0);
        let Some(status) = self.wait(unit, command)? else {
            return Ok(Ended::Stopped);
        };
        if status.success() {
            let unwritten = self.work.unwritten(unit)?;
            let names: Vec<&str> = unwritten.iter().map(|one| &*one.output).collect();
            folder.succeed(task.record.as_ref(), &names)?;
            return Ok(Ended::Done(unwritten));
        }
        let mut reason = match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "ended for no known reason".to_owned(),
        };
        for absent in self.work.absent(unit)? {
            reason.push_str("; ");
            reason.push_str(&absent);
        }
        if let Some(record) = &task.record {
            record.write(&folder.repx())?;
        }
        folder.fail(&reason)?;
        Ok(Ended::Failed(Failure { reason, log: Some(self.work.told(&folder.stderr())) }))
    }

    /// Runs a command to its end, and ends what it leaves behind. `None`: it was stopped.
    fn wait(&self, unit: Unit, mut command: Command) -> io::Result<Option<ExitStatus>> {
        if self.children().told.is_some() {
            return Ok(None);
        }
        let mut child =
            command.spawn().map_err(|error| at(Path::new(command.get_program()), &error))?;
        let group = Pid::from_child(&child);
        {
            let mut children = self.children();
            children.groups.insert(unit, group);
            if let Some(signal) = children.told {
                let _ = kill_process_group(group, signal);
            }
        }
        // It stays a process until it is waited for, so the group's number can't become another's.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(group), options) {}
        let told = {
            let mut children = self.children();
            children.groups.remove(&unit);
            children.told.is_some()
        };
        let _ = kill_process_group(group, Signal::KILL);
        let status = child.wait()?;
        Ok((status.success() || !told).then_some(status))
    }
}

/// Which part of a job it is, where jobs have parts.
fn part(unit: Unit) -> Option<String> {
    match unit.piece {
        Piece::Main => None,
        Piece::Scatter => Some("scatter".to_owned()),
        Piece::Step { item, .. } => Some(format!("item {item}")),
        Piece::Gather => Some("gather".to_owned()),
    }
}

/// Says which script it is: for who looks, and for who removes scripts that no results are left of.
fn link_script(link: &Path, script: &Path) -> io::Result<()> {
    if fs::read_link(link).is_ok_and(|found| found == script) {
        return Ok(());
    }
    let _ = fs::remove_file(link);
    symlink(script, link).map_err(|error| at(link, &error))
}

/// A log, empty.
fn create(path: &Path) -> io::Result<File> {
    File::create(path).map_err(|error| at(path, &error))
}

impl Executor for Local<'_> {
    fn run(&self, unit: Unit) -> Ended {
        let ended = self.try_run(unit).unwrap_or_else(|error| {
            let reason = self.work.told_text(&error.to_string());
            if let Ok(task) = self.work.task(unit) {
                let _ = task.folder.fail(&reason);
            }
            Ended::Failed(Failure { reason, log: None })
        });
        match (ended, part(unit)) {
            (Ended::Failed(Failure { reason, log }), Some(part)) => {
                let reason = format!("{part}: {reason}");
                // Without a marker the job is to be run again, which is no less right.
                let _ = self.work.folder(unit.job).and_then(|whole| whole.fail(&reason));
                Ended::Failed(Failure { reason, log })
            }
            (ended, _) => ended,
        }
    }

    fn stop(&self, firmly: bool) {
        let signal = if firmly { Signal::KILL } else { Signal::TERM };
        let mut children = self.children();
        children.told = Some(signal);
        for group in children.groups.values() {
            // Gone already is as good.
            let _ = kill_process_group(*group, signal);
        }
    }
}
