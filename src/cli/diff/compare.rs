//! What sets two listings apart.
//!
//! Jobs of one id are one job: nothing that can change its results has changed. Of the others, two are one that has
//! changed where `pairing.rs` finds that they stand for each other. All jobs are compared, whatever is to be shown:
//! so a filter never makes another thing of a job. Everything is found by hashing, in time that follows the number
//! of jobs.

use std::sync::atomic::Ordering;

use hashbrown::{HashMap, HashSet};

use super::effective::Value;
use super::pairing;
use crate::cli::guard::INTERRUPTED;
use crate::cli::listing::table::ParamsOf;
use crate::sweep::JobId;

/// One of the listings that are compared.
pub(crate) trait Side {
    /// Its jobs have the numbers below this.
    fn len(&self) -> u32;

    /// The id of a job.
    fn id(&self, job: u32) -> Option<JobId>;

    /// Is a job to be shown?
    fn shows(&self, job: u32) -> bool;

    /// The stage of a job that the other side may not have.
    fn stage(&self, job: u32) -> &str;

    /// Where such a job stands.
    fn place(&self, job: u32) -> Place<'_>;

    /// Its parameters as one JSON object, each value as it is written in listings.
    fn params(&self, job: u32) -> String;

    /// What its values are, and those of all jobs that it reads from, directly or not.
    fn values(&self, job: u32, values: &mut Vec<Value>);

    /// Its values, as people are shown them.
    fn params_of(&self, job: u32) -> ParamsOf<'_>;
}

/// Where a job stands.
#[derive(Default)]
pub(crate) struct Place<'s> {
    /// The names of its runs, in their order.
    pub(crate) runs: Vec<&'s str>,
    /// The pipeline's name.
    pub(crate) pipeline: &'s str,
    /// The stage's name in the pipeline.
    pub(crate) stage: &'s str,
}

/// What sets the second of two listings apart from the first. Jobs are in their listing's order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Diff {
    /// Jobs that only the second has.
    pub(crate) added: Vec<u32>,
    /// Jobs that only the first has.
    pub(crate) removed: Vec<u32>,
    /// Jobs of the first, and what they are in the second.
    pub(crate) changed: Vec<(u32, u32)>,
    /// How many are the same.
    pub(crate) unchanged: usize,
}

impl Diff {
    /// Are both the same?
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Compares two listings: of what sets them apart, and of what doesn't, that which one of them shows. What comes of
/// it is of no use once the user has said stop.
pub(crate) fn compare(before: &dyn Side, after: &dyn Side) -> Diff {
    // One table of ids at a time: each takes as much memory as a listing.
    let removed = not_in(before, after);
    let mut known: HashMap<JobId, bool> = HashMap::with_capacity(before.len() as usize);
    known.extend(jobs(before).map(|(job, id)| (id, before.shows(job))));
    let mut added = Vec::new();
    let mut unchanged = 0;
    for (job, id) in jobs(after) {
        match known.get(&id) {
            None => added.push(job),
            Some(shown) => unchanged += usize::from(*shown || after.shows(job)),
        }
    }
    drop(known);
    let mut diff = pairing::pair((before, removed), (after, added));
    diff.unchanged = unchanged;
    diff.removed.retain(|job| before.shows(*job));
    diff.added.retain(|job| after.shows(*job));
    diff.changed.retain(|(was, is)| before.shows(*was) || after.shows(*is));
    diff
}

/// Does nobody want to stop?
pub(super) fn going() -> bool {
    !INTERRUPTED.load(Ordering::Relaxed)
}

/// The jobs of one side, and their ids.
fn jobs(side: &dyn Side) -> impl Iterator<Item = (u32, JobId)> + '_ {
    let jobs = (0..side.len()).take_while(|_| going());
    jobs.filter_map(|job| side.id(job).map(|id| (job, id)))
}

/// The jobs of one side whose ids the other doesn't have.
fn not_in(side: &dyn Side, other: &dyn Side) -> Vec<u32> {
    let mut known: HashSet<JobId> = HashSet::with_capacity(other.len() as usize);
    known.extend(jobs(other).map(|(_, id)| id));
    jobs(side).filter(|(_, id)| !known.contains(id)).map(|(job, _)| job).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::effective::hash;
    use super::*;

    /// A job: what its id is made of, its values, and the jobs that it reads from.
    #[derive(Clone)]
    struct Job {
        id: JobId,
        runs: Vec<&'static str>,
        stage: String,
        params: Vec<(String, String)>,
        reads: Vec<usize>,
        shown: bool,
        /// Its point, by axis.
        point: BTreeMap<usize, u32>,
    }

    struct Jobs(Vec<Job>);

    impl Jobs {
        fn new(jobs: &[(u8, &[&'static str], &str)]) -> Jobs {
            let job = |(id, runs, value): &(u8, &[&'static str], &str)| Job {
                id: JobId::from_bytes([*id; 20]),
                runs: runs.to_vec(),
                stage: "s".to_owned(),
                params: vec![("p".to_owned(), (*value).to_owned())],
                reads: Vec::new(),
                shown: true,
                point: BTreeMap::new(),
            };
            Jobs(jobs.iter().map(job).collect())
        }

        fn of(jobs: &[(u8, &str)]) -> Jobs {
            let jobs: Vec<(u8, &[&'static str], &str)> =
                jobs.iter().map(|(id, value)| (*id, &["r"][..], *value)).collect();
            Jobs::new(&jobs)
        }
    }

    impl Side for Jobs {
        fn len(&self) -> u32 {
            self.0.len() as u32
        }
        fn id(&self, job: u32) -> Option<JobId> {
            Some(self.0[job as usize].id)
        }
        fn shows(&self, job: u32) -> bool {
            self.0[job as usize].shown
        }
        fn stage(&self, job: u32) -> &str {
            &self.0[job as usize].stage
        }
        fn place(&self, job: u32) -> Place<'_> {
            let job = &self.0[job as usize];
            Place { runs: job.runs.clone(), pipeline: "p", stage: &job.stage }
        }
        fn params(&self, _job: u32) -> String {
            String::new()
        }
        fn values(&self, job: u32, values: &mut Vec<Value>) {
            let job = &self.0[job as usize];
            let stage = hash(&job.stage);
            let own = job.params.iter();
            values.extend(own.map(|(n, v)| Value { name: hash(n), text: hash(v), stage }));
            job.reads.iter().for_each(|other| self.values(*other as u32, values));
        }
        fn params_of(&self, _job: u32) -> ParamsOf<'_> {
            ParamsOf::default()
        }
    }

    #[test]
    fn ids_then_values_then_positions() {
        let before = Jobs::of(&[(1, "a"), (2, "b"), (3, "c"), (4, "c"), (5, "d")]);
        let after = Jobs::of(&[(12, "b"), (13, "c"), (1, "a"), (14, "c"), (15, "c"), (16, "e")]);
        let diff = compare(&before, &after);
        assert_eq!(diff.changed, [(1, 0), (2, 1), (3, 3)]);
        assert_eq!((diff.added, diff.removed, diff.unchanged), (vec![4, 5], vec![4], 1));
    }

    #[test]
    fn what_is_the_same_is_not_looked_at() {
        let jobs = Jobs::of(&[(1, "a"), (2, "a")]);
        let diff = compare(&jobs, &jobs);
        assert_eq!(diff, Diff { unchanged: 2, ..Diff::default() });
        assert!(diff.is_empty());
    }

    #[test]
    fn a_filter_makes_nothing_else_of_a_job() {
        let mut before = Jobs::of(&[(1, "a"), (2, "b"), (7, "x"), (8, "y")]);
        let mut after = Jobs::of(&[(3, "a"), (4, "b"), (7, "x"), (8, "y"), (9, "z")]);
        before.0[1].shown = false;
        before.0[2].shown = false;
        after.0[0].shown = false;
        after.0[1].shown = false;
        after.0[3].shown = false;
        let diff = compare(&before, &after);
        assert_eq!((diff.changed, diff.unchanged), (vec![(0, 0)], 2));
        assert_eq!((diff.added, diff.removed), (vec![4], vec![]));
    }

    #[test]
    fn a_run_more_or_less_doesn_t_move_a_job() {
        let shared = Jobs::new(&[(1, &["r", "t"], "a"), (2, &["t"], "a")]);
        let alone = Jobs::new(&[(3, &["t"], "a"), (4, &["u", "t"], "a"), (5, &["u"], "a")]);
        let diff = compare(&shared, &alone);
        assert_eq!(diff.changed, [(0, 0), (1, 1)]);
        assert_eq!((diff.added, diff.removed), (vec![2], vec![]));
    }

    #[test]
    fn a_value_that_all_jobs_have_is_edited_and_a_new_one_is_not() {
        let changed = |before: &[(u8, &str)], after: &[(u8, &str)]| {
            compare(&Jobs::of(before), &Jobs::of(after)).changed
        };
        assert_eq!(changed(&[(1, "1")], &[(2, "2")]), [(0, 0)]);
        assert_eq!(changed(&[(1, "1"), (2, "2")], &[(1, "1"), (3, "3")]), []);
        assert_eq!(changed(&[(1, "1"), (2, "2")], &[(4, "1"), (3, "3")]), [(0, 0)]);
        // Which of two would it be?
        assert_eq!(changed(&[(1, "1")], &[(2, "2"), (3, "2")]), []);
        // Another run that has the value still is none of this one's business.
        let before = Jobs::new(&[(1, &["r"], "1"), (2, &["t"], "5")]);
        let after = Jobs::new(&[(3, &["r"], "2"), (2, &["t"], "5")]);
        assert_eq!(compare(&before, &after).changed, [(0, 0)]);
        // Another name.
        let before = Jobs::of(&[(1, "1"), (2, "2")]);
        let mut after = Jobs::of(&[(3, "2"), (4, "1")]);
        after.0.iter_mut().for_each(|job| job.params[0].0 = "q".to_owned());
        assert_eq!(compare(&before, &after).changed, [(1, 0), (0, 1)]);
    }

    /// Numbers that look random and are the same each time.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % sides
        }
    }

    #[derive(Clone)]
    struct Stage {
        name: String,
        script: u32,
        axes: Vec<usize>,
        reads: Vec<usize>,
    }

    /// A lab of one run: stages that read from earlier ones, and the values of its axes.
    #[derive(Clone)]
    struct Lab {
        stages: Vec<Stage>,
        axes: Vec<Vec<u32>>,
        /// Have stages of one axis the same name for theirs?
        alike: bool,
    }

    impl Lab {
        fn any(dice: &mut Dice) -> Lab {
            let axes = (0..=dice.roll(3)).map(|_| (0..2 + dice.roll(3) as u32).collect());
            let axes: Vec<Vec<u32>> = axes.collect();
            let mut stages: Vec<Stage> = Vec::new();
            for at in 0..2 + dice.roll(5) {
                stages.push(Stage {
                    name: format!("s{at}"),
                    script: 0,
                    axes: (0..axes.len()).filter(|_| dice.roll(3) == 0).collect(),
                    reads: (0..at).filter(|_| dice.roll(2) == 0).collect(),
                });
            }
            Lab { stages, axes, alike: dice.roll(2) == 0 }
        }

        fn jobs(&self) -> Jobs {
            let mut jobs: Vec<Job> = Vec::new();
            let mut of_stage: Vec<Vec<usize>> = Vec::new();
            for stage in &self.stages {
                let mut axes: Vec<usize> = stage.axes.clone();
                for other in &stage.reads {
                    axes.extend(jobs[of_stage[*other][0]].point.keys());
                }
                axes.sort_unstable();
                axes.dedup();
                let mut points = vec![BTreeMap::new()];
                for axis in axes {
                    let with = |point: &BTreeMap<usize, u32>, value: &u32| {
                        let mut point = point.clone();
                        point.insert(axis, *value);
                        point
                    };
                    points = points
                        .iter()
                        .flat_map(|point| self.axes[axis].iter().map(move |v| with(point, v)))
                        .collect();
                }
                let mut own = Vec::new();
                for point in points {
                    let fits = |job: &usize| jobs[*job].point.iter().all(|(a, v)| point[a] == *v);
                    let reads = stage.reads.iter();
                    let reads: Vec<usize> =
                        reads.filter_map(|s| of_stage[*s].iter().copied().find(fits)).collect();
                    let name = |axis: &usize| match self.alike && stage.axes.len() == 1 {
                        true => "x".to_owned(),
                        false => format!("a{axis}"),
                    };
                    let params = stage.axes.iter();
                    let params: Vec<_> =
                        params.map(|axis| (name(axis), point[axis].to_string())).collect();
                    let above: Vec<JobId> = reads.iter().map(|job| jobs[*job].id).collect();
                    let text = format!("{} {} {params:?} {above:?}", stage.name, stage.script);
                    let id: [u8; 32] = blake3::hash(text.as_bytes()).into();
                    own.push(jobs.len());
                    jobs.push(Job {
                        id: JobId::from_bytes(id[..20].try_into().unwrap()),
                        runs: vec!["r"],
                        stage: stage.name.clone(),
                        params,
                        reads,
                        shown: true,
                        point,
                    });
                }
                of_stage.push(own);
            }
            Jobs(jobs)
        }
    }

    /// Labs at random, edited so that it is known what has become of each job: it is at the same point, or gone.
    #[test]
    fn each_job_is_found_at_its_point() {
        for seed in 0..2000 {
            let mut dice = Dice(seed);
            let lab = Lab::any(&mut dice);
            let mut edited = lab.clone();
            // Not all values of an axis, and never the one that it has: that would be an edit.
            let axis = dice.roll(lab.axes.len());
            if dice.roll(3) > 0 {
                let gone = dice.roll(edited.axes[axis].len());
                edited.axes[axis].remove(gone);
            }
            for _ in 0..dice.roll(3) {
                let at = dice.roll(edited.axes[axis].len() + 1);
                let new = 10 + edited.axes[axis].len() as u32;
                edited.axes[axis].insert(at, new);
            }
            let mut scripts = Vec::new();
            for _ in 0..dice.roll(3) {
                let stage = dice.roll(lab.stages.len());
                edited.stages[stage].script = 1;
                scripts.push(stage);
            }
            let (before, after) = (lab.jobs(), edited.jobs());
            let at = |jobs: &Jobs| -> BTreeMap<(String, Vec<(usize, u32)>), (u32, JobId)> {
                let key = |job: &Job| (job.stage.clone(), job.point.clone().into_iter().collect());
                (0..).zip(&jobs.0).map(|(number, job)| (key(job), (number, job.id))).collect()
            };
            let (then, now) = (at(&before), at(&after));
            let mut expected = Diff::default();
            for (place, (job, id)) in &now {
                match then.get(place) {
                    Some((_, was)) if was == id => expected.unchanged += 1,
                    Some((was, _)) => expected.changed.push((*was, *job)),
                    None => expected.added.push(*job),
                }
            }
            let gone = then.iter().filter(|(place, _)| !now.contains_key(*place));
            expected.removed = gone.map(|(_, (job, _))| *job).collect();
            expected.added.sort_unstable();
            expected.removed.sort_unstable();
            expected.changed.sort_unstable_by_key(|(_, is)| *is);
            let found = compare(&before, &after);
            assert_eq!(found, expected, "seed {seed}");
            // What is shown is the same with any filter.
            let (mut before, mut after) = (before, after);
            for job in before.0.iter_mut().chain(&mut after.0) {
                job.shown = dice.roll(2) == 0;
            }
            let some = compare(&before, &after);
            let shown = |side: &Jobs, job: u32| side.0[job as usize].shown;
            expected.added.retain(|job| shown(&after, *job));
            expected.removed.retain(|job| shown(&before, *job));
            expected.changed.retain(|(was, is)| shown(&before, *was) || shown(&after, *is));
            assert_eq!((some.added, some.removed), (expected.added, expected.removed));
            assert_eq!(some.changed, expected.changed, "seed {seed}");
        }
    }
}
