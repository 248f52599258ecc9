//! A small listing made by hand, for tests.

use std::sync::Arc;

use crate::lab::{Duration, Memory, Need, Resources};
use crate::sweep::{Facet, Job, JobId, LabInfo, Listing, RunInfo, Source, StageInfo, StageKind};

fn stage(pipeline: &str, name: &str, kind: StageKind) -> Arc<StageInfo> {
    Arc::new(StageInfo {
        pipeline: pipeline.into(),
        name: name.into(),
        kind,
        version: "1.1".into(),
    })
}

fn facet(pname: &str, params: &[(&str, &str)]) -> Arc<Facet> {
    let pair = |(name, value): &(&str, &str)| (Arc::from(*name), Arc::from(*value));
    Arc::new(Facet {
        pname: pname.into(),
        params: params.iter().map(pair).collect(),
        outputs: vec![("data".into(), "$out/data.csv".into())],
        parts: Vec::new(),
        steps: Vec::new(),
    })
}

fn job(number: u8, run: u32, stage: &Arc<StageInfo>, facet: Arc<Facet>) -> Job {
    Job {
        id: JobId::from_bytes([number; 20]),
        runs: vec![run],
        stage: Arc::clone(stage),
        facet,
        inputs: Vec::new(),
        depends_on: Vec::new(),
        after: None,
        resources: None,
    }
}

fn source(job: u32) -> Source {
    Source::Job { job, output: "data".into() }
}

/// Two runs, the second needing the first; one job that both share; all kinds of inputs.
pub(crate) fn listing() -> Listing {
    let generate = stage("sim", "generate", StageKind::Simple);
    let train = stage("sim", "train", StageKind::Simple);
    let report = stage("ana", "report", StageKind::ScatterGather);
    let mut jobs = vec![
        job(1, 0, &generate, facet("gen", &[("seed", "1")])),
        job(2, 0, &generate, facet("gen", &[("seed", "2")])),
        job(3, 0, &train, facet("train-fast", &[("mode", "\"fast\""), ("seed", "1")])),
        job(4, 0, &train, facet("train-slow", &[("mode", "\"slow\""), ("seed", "2")])),
        job(5, 1, &report, facet("report", &[])),
    ];
    jobs[0].runs.push(1);
    for (job, from) in [(2, 0), (3, 1)] {
        jobs[job].inputs = vec![("data".into(), source(from))];
        jobs[job].depends_on = vec![from];
    }
    jobs[3].resources = Some(Arc::new(Resources {
        mem: Memory::parse("2G").ok(),
        cpus: Some(4),
        time: Duration::parse("01:30:00").ok(),
        partition: Some("long".into()),
        sbatch_opts: Some(vec!["--gres=gpu:1".into()]),
    }));
    let small = Resources { cpus: Some(1), ..Resources::default() };
    let report = &mut jobs[4];
    report.facet = Arc::new(Facet {
        pname: "report".into(),
        params: Vec::new(),
        outputs: vec![("table".into(), "$out/\"table\".txt".into())],
        parts: vec![("scatter".into(), small)],
        steps: Vec::new(),
    });
    report.inputs = vec![
        ("base".into(), Source::StoreBase),
        ("data".into(), source(0)),
        ("run".into(), Source::Run("simulation".into())),
        ("title".into(), Source::Default("a title".into())),
    ];
    report.depends_on = vec![0];
    report.after = Some([1, 2, 3].into());
    Listing {
        lab: LabInfo {
            version: "1.0.0".into(),
            git_hash: "unknown".into(),
            entry: "nix/lab.nix".into(),
        },
        groups: vec![("all".into(), vec!["simulation".into(), "analysis".into()])],
        runs: vec![
            run("simulation", &[], &["generate", "train"], 4),
            run("analysis", &[("simulation", Need::Hard)], &["generate", "report"], 2),
        ],
        jobs,
    }
}

fn run(name: &str, depends_on: &[(&str, Need)], stages: &[&str], jobs: usize) -> RunInfo {
    RunInfo {
        name: name.into(),
        depends_on: depends_on.iter().map(|(run, need)| (Arc::from(*run), *need)).collect(),
        containerized: true,
        stages: stages.iter().map(|name| Arc::from(*name)).collect(),
        jobs,
    }
}

/// A run of one stage with this many jobs.
pub(super) fn large(count: u32) -> Listing {
    let mut listing = listing();
    let stage = stage("sim", "generate", StageKind::Simple);
    let number = |i: u32| i.to_string();
    listing.jobs = (0..count)
        .map(|i| {
            let mut job = job(0, 0, &stage, facet("gen", &[("seed", &number(i))]));
            let mut id = [0; 20];
            id.iter_mut().zip(i.to_be_bytes()).for_each(|(to, from)| *to = from);
            job.id = JobId::from_bytes(id);
            job
        })
        .collect();
    listing.runs.truncate(1);
    listing
}
