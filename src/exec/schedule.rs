//! The loop: what is ready goes out, ends come in, what waited becomes ready.
//!
//! It does nothing itself that takes time: pieces of work are done by as many threads as may be
//! at work at once, each of which takes one, has it executed, and says how it ended.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::gathering::Gathering;
use super::graph::Graph;
use super::machine::Machine;
use super::outputs::Unwritten;
use super::plan::Plan;
use super::queue::{Demand, Queue};
use crate::lab::{Memory, Resources};
use crate::sweep::{Listing, StageKind};

/// A piece of work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Unit {
    /// The job.
    pub job: u32,
    /// What of it.
    pub piece: Piece,
}

/// What of a job.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Piece {
    /// The script of a simple stage.
    Main,
    /// What writes the list of items.
    Scatter,
    /// A step for an item.
    Step {
        /// The item's number.
        item: u32,
        /// The step's, among the stage's.
        step: u32,
    },
    /// What puts together what the items gave.
    Gather,
}

/// How a piece of work ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Well; its results are on the disk, but for outputs that it didn't write.
    Done(Vec<Unwritten>),
    /// Scatter ended well: so many items, which of their steps are done already, and outputs that it didn't write.
    Scattered(u32, Vec<Unit>, Vec<Unwritten>),
    /// Badly.
    Failed(Failure),
    /// It was stopped, or never began.
    Stopped,
}

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// In a few words.
    pub reason: String,
    /// What it said about it, if it came so far.
    pub log: Option<PathBuf>,
}

/// Does pieces of work, each on the thread that asks for it.
pub trait Executor: Sync {
    /// Does one, to its end.
    fn run(&self, unit: Unit) -> Ended;
    /// All that is running is to end soon (`firmly`: at once), and nothing more to begin.
    fn stop(&self, firmly: bool);
}

/// What is said on the way.
#[derive(Clone, Debug)]
pub enum Event<'e> {
    /// A job begins.
    Started(u32),
    /// A job ended well, after so long, without writing these outputs.
    Done(u32, Duration, &'e [Unwritten]),
    /// A job failed.
    Failed(u32, &'e Failure),
    /// A job was stopped before its end.
    Stopped(u32),
    /// These jobs can't run, because one failed.
    Blocked(&'e [u32]),
    /// A piece of a job ended well: so many are done, of so many.
    Piece(u32, u32, u32),
    /// Running jobs are being stopped.
    Stopping,
}

/// How to go about it.
#[derive(Clone, Copy)]
pub struct Options<'o> {
    /// Pieces of work at once, at most.
    pub at_once: usize,
    /// What there is for them.
    pub machine: Machine,
    /// Begin other jobs after one has failed?
    pub go_on: bool,
    /// Set to stop.
    pub interrupt: &'o AtomicBool,
    /// Set to stop without waiting.
    pub insist: &'o AtomicBool,
    /// How long jobs that were told to end may take.
    pub grace: Duration,
}

/// How it all ended.
#[derive(Debug, Default)]
pub struct Summary {
    /// Jobs that ended well.
    pub done: usize,
    /// Those of them that didn't write outputs.
    pub unwritten: Vec<(u32, Vec<Unwritten>)>,
    /// Jobs that failed.
    pub failed: Vec<(u32, Failure)>,
    /// Jobs that couldn't run because of these.
    pub blocked: usize,
    /// Jobs that were stopped before their end.
    pub stopped: usize,
    /// Jobs that were never begun.
    pub left: usize,
    /// The user wanted it to end.
    pub interrupted: bool,
}

impl Summary {
    /// Of a plan that isn't carried out.
    pub fn not_run(plan: &Plan) -> Summary {
        Summary { left: plan.len(), ..Summary::default() }
    }
}

/// How often is looked whether to stop.
const PERIOD: Duration = Duration::from_millis(50);

/// Runs all jobs of a plan, as far as it goes.
pub fn execute(
    listing: &Listing,
    plan: &Plan,
    executor: &dyn Executor,
    options: Options<'_>,
    tell: &mut dyn FnMut(Event<'_>),
) -> Summary {
    let orders = Orders::default();
    let (ends, heard) = mpsc::channel();
    std::thread::scope(|scope| {
        let mut threads = 0;
        for number in 0..options.at_once.min(plan_pieces(listing, plan)) {
            let (orders, ends) = (&orders, ends.clone());
            let work = move || {
                while let Some(unit) = orders.take() {
                    if ends.send((unit, executor.run(unit))).is_err() {
                        return;
                    }
                }
            };
            let thread = std::thread::Builder::new().name(format!("job-{number}"));
            threads += usize::from(thread.spawn_scoped(scope, work).is_ok());
        }
        drop(ends);
        let mut schedule = Schedule::new(listing, plan, options, threads);
        schedule.run(executor, &orders, &heard, tell);
        orders.close();
        schedule.conclude(plan)
    })
}

/// How many pieces may be at work at once: items aren't known before.
fn plan_pieces(listing: &Listing, plan: &Plan) -> usize {
    let many = |block: &crate::sweep::Block| {
        block.stage().kind == StageKind::ScatterGather && plan.touches(block)
    };
    match listing.blocks().iter().any(many) {
        true => usize::MAX,
        false => plan.len(),
    }
}

/// Work that was given out and nobody has taken yet.
#[derive(Default)]
struct Orders {
    waiting: Mutex<(VecDeque<Unit>, bool)>,
    changed: Condvar,
}

impl Orders {
    fn give(&self, unit: Unit) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).0.push_back(unit);
        self.changed.notify_one();
    }

    /// Nothing more will come.
    fn close(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.changed.notify_all();
    }

    fn take(&self) -> Option<Unit> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(unit) = waiting.0.pop_front() {
                return Some(unit);
            }
            if waiting.1 {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct Schedule<'s> {
    listing: &'s Listing,
    options: Options<'s>,
    threads: usize,
    graph: Graph,
    queue: Queue,
    /// Scatter-gather jobs whose items are being worked on.
    gatherings: HashMap<u32, Gathering>,
    /// What is being done, with what it takes.
    running: HashMap<Unit, Demand>,
    /// Outputs that pieces of jobs didn't write, each once however many items there are.
    unwritten: HashMap<u32, BTreeSet<Unwritten>>,
    /// When jobs began whose end hasn't come.
    begun: HashMap<u32, Instant>,
    /// Nothing new is to begin.
    halted: bool,
    stopping: Option<Instant>,
    firm: bool,
    summary: Summary,
}

impl<'s> Schedule<'s> {
    fn new(
        listing: &'s Listing,
        plan: &Plan,
        options: Options<'s>,
        threads: usize,
    ) -> Schedule<'s> {
        let mut schedule = Schedule {
            listing,
            options,
            threads,
            graph: Graph::new(listing, plan),
            queue: Queue::new(options.machine),
            gatherings: HashMap::new(),
            running: HashMap::new(),
            unwritten: HashMap::new(),
            begun: HashMap::new(),
            halted: false,
            stopping: None,
            firm: false,
            summary: Summary::default(),
        };
        let ready = schedule.graph.begin();
        schedule.make_ready(ready);
        schedule
    }

    fn make_ready(&mut self, jobs: Vec<u32>) {
        for job in jobs {
            let Some(view) = self.listing.job(job) else { continue };
            let (piece, hints) = match view.stage().kind {
                StageKind::Simple => (Piece::Main, view.resources()),
                StageKind::ScatterGather => (Piece::Scatter, self.hints(job, "scatter")),
            };
            self.queue.push(Unit { job, piece }, demand(hints));
        }
    }

    /// The hints of a part of a job.
    fn hints(&self, job: u32, part: &str) -> Option<&'s Resources> {
        let view = self.listing.job(job)?;
        let own = view.parts().iter().find(|(name, _)| {
            **name == *part || name.strip_prefix("step-").is_some_and(|step| step == part)
        });
        own.map(|(_, hints)| hints)
    }

    fn run(
        &mut self,
        executor: &dyn Executor,
        orders: &Orders,
        heard: &mpsc::Receiver<(Unit, Ended)>,
        tell: &mut dyn FnMut(Event<'_>),
    ) {
        loop {
            self.look_for_stop(executor, tell);
            self.give_out(orders, tell);
            if self.running.is_empty() {
                return;
            }
            match heard.recv_timeout(PERIOD) {
                Ok((unit, ended)) => self.ended(unit, ended, tell),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            }
            while let Ok((unit, ended)) = heard.try_recv() {
                self.ended(unit, ended, tell);
            }
        }
    }

    fn look_for_stop(&mut self, executor: &dyn Executor, tell: &mut dyn FnMut(Event<'_>)) {
        if !self.options.interrupt.load(Ordering::Relaxed) {
            return;
        }
        let Some(since) = self.stopping else {
            self.halted = true;
            self.stopping = Some(Instant::now());
            self.summary.interrupted = true;
            executor.stop(false);
            if !self.running.is_empty() {
                tell(Event::Stopping);
            }
            return;
        };
        let insisted = self.options.insist.load(Ordering::Relaxed);
        if !self.firm && (insisted || since.elapsed() > self.options.grace) {
            self.firm = true;
            executor.stop(true);
        }
    }

    fn give_out(&mut self, orders: &Orders, tell: &mut dyn FnMut(Event<'_>)) {
        while !self.halted && self.running.len() < self.threads {
            let Some((unit, demand)) = self.queue.next() else { return };
            if matches!(unit.piece, Piece::Main | Piece::Scatter) {
                self.begun.insert(unit.job, Instant::now());
                tell(Event::Started(unit.job));
            }
            self.running.insert(unit, demand);
            orders.give(unit);
        }
    }

    fn ended(&mut self, unit: Unit, ended: Ended, tell: &mut dyn FnMut(Event<'_>)) {
        if let Some(demand) = self.running.remove(&unit) {
            self.queue.give_back(demand);
        }
        match ended {
            Ended::Stopped => self.stopped(unit.job, tell),
            Ended::Failed(failure) => self.failed(unit, failure, tell),
            Ended::Scattered(items, done, unwritten) => {
                self.note(unit.job, unwritten);
                self.scattered(unit.job, items, &done, tell);
            }
            Ended::Done(unwritten) => {
                self.note(unit.job, unwritten);
                match unit.piece {
                    Piece::Step { .. } => self.step_done(unit, tell),
                    Piece::Main | Piece::Scatter | Piece::Gather => self.done(unit.job, tell),
                }
            }
        }
    }

    /// Of a job's pieces the first that was stopped says so.
    fn stopped(&mut self, job: u32, tell: &mut dyn FnMut(Event<'_>)) {
        if self.begun.remove(&job).is_some() {
            self.summary.stopped += 1;
            tell(Event::Stopped(job));
        }
    }

    fn note(&mut self, job: u32, unwritten: Vec<Unwritten>) {
        if !unwritten.is_empty() {
            self.unwritten.entry(job).or_default().extend(unwritten);
        }
    }

    fn done(&mut self, job: u32, tell: &mut dyn FnMut(Event<'_>)) {
        self.gatherings.remove(&job);
        self.summary.done += 1;
        let took = self.begun.remove(&job).map_or(Duration::ZERO, |begun| begun.elapsed());
        let unwritten: Vec<Unwritten> = self.unwritten.remove(&job).into_iter().flatten().collect();
        tell(Event::Done(job, took, &unwritten));
        if !unwritten.is_empty() {
            self.summary.unwritten.push((job, unwritten));
        }
        let mut ready = Vec::new();
        self.graph.finish(job, &mut ready);
        self.make_ready(ready);
    }

    fn failed(&mut self, unit: Unit, failure: Failure, tell: &mut dyn FnMut(Event<'_>)) {
        self.halted |= !self.options.go_on;
        if let (Piece::Step { item, step }, Some(gathering)) =
            (unit.piece, self.gatherings.get_mut(&unit.job))
        {
            let known = gathering.fail(item, step);
            if gathering.is_over() {
                self.gatherings.remove(&unit.job);
            }
            // The job's other items go on if others may; it has failed all the same, once.
            if known {
                return;
            }
        }
        self.begun.remove(&unit.job);
        self.unwritten.remove(&unit.job);
        tell(Event::Failed(unit.job, &failure));
        self.summary.failed.push((unit.job, failure));
        let mut ready = Vec::new();
        let blocked = self.graph.fail(unit.job, &mut ready);
        if !blocked.is_empty() {
            self.summary.blocked += blocked.len();
            tell(Event::Blocked(&blocked));
        }
        self.make_ready(ready);
    }

    fn scattered(&mut self, job: u32, items: u32, done: &[Unit], tell: &mut dyn FnMut(Event<'_>)) {
        let Some(view) = self.listing.job(job) else { return };
        let mut gathering = Gathering::new(view.steps(), items);
        for unit in done {
            if let Piece::Step { item, step } = unit.piece {
                gathering.done(item, step);
            }
        }
        let ready = gathering.ready();
        self.gatherings.insert(job, gathering);
        self.steps_ready(job, &ready, tell);
    }

    fn step_done(&mut self, unit: Unit, tell: &mut dyn FnMut(Event<'_>)) {
        let (Piece::Step { item, step }, Some(gathering)) =
            (unit.piece, self.gatherings.get_mut(&unit.job))
        else {
            return;
        };
        gathering.done(item, step);
        let ready = gathering.followers(item, step);
        self.steps_ready(unit.job, &ready, tell);
    }

    fn steps_ready(&mut self, job: u32, ready: &[(u32, u32)], tell: &mut dyn FnMut(Event<'_>)) {
        let Some(view) = self.listing.job(job) else { return };
        for (item, step) in ready {
            let part = view.steps().get(*step as usize).map_or("", |step| &step.name);
            let hints = self.hints(job, part);
            let piece = Piece::Step { item: *item, step: *step };
            self.queue.push(Unit { job, piece }, demand(hints));
        }
        let Some(gathering) = self.gatherings.get(&job) else { return };
        let (done, all) = gathering.progress();
        tell(Event::Piece(job, done, all));
        if gathering.is_complete() {
            let hints = self.hints(job, "gather");
            self.queue.push(Unit { job, piece: Piece::Gather }, demand(hints));
        } else if gathering.is_over() {
            self.gatherings.remove(&job);
        }
    }

    fn conclude(mut self, plan: &Plan) -> Summary {
        let Summary { done, failed, blocked, stopped, .. } = &self.summary;
        let ended = done + failed.len() + blocked + stopped;
        self.summary.left = plan.len().saturating_sub(ended);
        self.summary
    }
}

fn demand(hints: Option<&Resources>) -> Demand {
    let cpus = hints.and_then(|hints| hints.cpus).unwrap_or(1);
    let memory = hints.and_then(|hints| hints.mem.as_ref()).map_or(0, Memory::bytes);
    Demand { cpus, memory }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Mutex;

    use super::super::graph::Stage;
    use super::*;
    use crate::sweep::sample;

    /// Does nothing; some jobs fail.
    #[derive(Default)]
    struct Fake {
        failing: HashSet<u32>,
        ran: Mutex<Vec<Unit>>,
    }

    impl Executor for Fake {
        fn run(&self, unit: Unit) -> Ended {
            self.ran.lock().unwrap().push(unit);
            match (unit.piece, self.failing.contains(&unit.job)) {
                (_, true) => Ended::Failed(Failure { reason: "told to".into(), log: None }),
                (Piece::Scatter, false) => Ended::Scattered(0, Vec::new(), Vec::new()),
                (_, false) => Ended::Done(Vec::new()),
            }
        }

        fn stop(&self, _firmly: bool) {}
    }

    static NEVER: AtomicBool = AtomicBool::new(false);

    fn options(at_once: usize, go_on: bool) -> Options<'static> {
        Options {
            at_once,
            machine: Machine { cpus: 8, memory: None },
            go_on,
            interrupt: &NEVER,
            insist: &NEVER,
            grace: Duration::ZERO,
        }
    }

    fn run(fake: &Fake, go_on: bool) -> Summary {
        let listing = sample::listing();
        execute(&listing, &Plan::all(&listing), fake, options(1, go_on), &mut |_| ())
    }

    #[test]
    fn producers_come_first_and_runs_one_after_the_other() {
        let fake = Fake::default();
        let summary = run(&fake, false);
        assert_eq!((summary.done, summary.left), (5, 0));
        let order: Vec<u32> = fake.ran.lock().unwrap().iter().map(|unit| unit.job).collect();
        assert_eq!(order, [0, 1, 2, 3, 4, 4]);
    }

    #[test]
    fn a_failure_blocks_what_follows_and_nothing_else() {
        let fake = Fake { failing: HashSet::from([0]), ..Fake::default() };
        let summary = run(&fake, true);
        // 2 reads from 0; 4 needs all of 1 to 3.
        let ran: HashSet<u32> = fake.ran.lock().unwrap().iter().map(|unit| unit.job).collect();
        assert_eq!(ran, HashSet::from([0, 1, 3]));
        assert_eq!((summary.done, summary.failed.len(), summary.blocked), (2, 1, 2));
        assert_eq!(summary.left, 0);
    }

    #[test]
    fn without_going_on_nothing_begins_after_a_failure() {
        let fake = Fake { failing: HashSet::from([0]), ..Fake::default() };
        let summary = run(&fake, false);
        assert_eq!(fake.ran.lock().unwrap().len(), 1);
        assert_eq!((summary.failed.len(), summary.blocked, summary.left), (1, 2, 2));
    }

    #[test]
    fn nothing_begins_once_stopped() {
        static STOP: AtomicBool = AtomicBool::new(true);
        let (fake, listing) = (Fake::default(), sample::listing());
        let options = Options { interrupt: &STOP, ..options(2, true) };
        let summary = execute(&listing, &Plan::all(&listing), &fake, options, &mut |_| ());
        assert!(summary.interrupted && fake.ran.lock().unwrap().is_empty());
        assert_eq!(summary.left, 5);
    }

    /// What a million pending jobs take, in bytes that can be counted.
    #[test]
    fn a_million_jobs_run_through() {
        let listing = sample::large(1_000_000);
        let plan = Plan::all(&listing);
        let fake = Fake::default();
        let graph = Graph::new(&listing, &plan);
        assert_eq!(graph.stage(999_999), Stage::Waiting);
        assert!(graph.bytes() < 32 << 20, "{}", graph.bytes());
        let summary = execute(&listing, &plan, &fake, options(2, false), &mut |_| ());
        assert_eq!(summary.done, 1_000_000);
    }
}
