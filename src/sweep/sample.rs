//! A small listing made by hand, for tests.

use std::sync::Arc;

use super::field::Column;
use super::identity::JobId;
use super::jobs::{JobBits, JobSet};
use super::listing::{
    After, Block, LabInfo, Listing, Param, ParamValues, Pieces, Producer, RunInfo, StageInfo,
    StageKind, Wire, Wiring,
};
use super::made::Ids;
use super::origin::{Origin, OriginKind, Written};
use super::recipe::Kit;
use super::space::{Projection, Space};
use super::worded::{OutputWords, Words};
use crate::lab::{ContainerMode, Duration, Memory, Need, Resources};

fn stage(pipeline: &str, name: &str, kind: StageKind) -> StageInfo {
    StageInfo { pipeline: pipeline.into(), name: name.into(), kind, version: "1.1".into() }
}

fn same((name, value): &(&str, &str)) -> Param {
    let values = ParamValues::Same((*value).into());
    Param { name: (*name).into(), values, origin: origin(name, OriginKind::Default) }
}

fn origin(name: &str, kind: OriginKind) -> Origin {
    let written = Written { file: "/lab/nix/stage.nix".into(), line: 3 };
    Origin { kind, key: name.into(), written }
}

/// A block of one job.
fn block(number: u32, run: u32, stage: &StageInfo, pname: &str, params: &[(&str, &str)]) -> Block {
    Block {
        run,
        first: number,
        count: 1,
        stage: stage.clone(),
        space: Space::point(),
        params: params.iter().map(same).collect(),
        pnames: Words::constant(pname.as_bytes()),
        outputs: OutputWords::constant(&[("data", "$out/data.csv")]),
        pieces: Column::constant(Pieces::default()),
        part_digests: Column::constant(Vec::new()),
        package_ids: vec!["python3".into()],
        wirings: Column::constant(Wiring::default()),
        hints: Column::constant(None),
        own_hints: Column::constant(None),
        written: Written::default(),
        scripts: Words::constant(b"true\n"),
        recipes: Column::constant(Vec::new()),
        packages: Vec::new(),
        producers: Vec::new(),
        after: None,
        places: None,
        formula: None,
    }
}

/// An input that the stage's first dependency gives.
fn data() -> (Arc<str>, Wire) {
    ("data".into(), Wire::Dependency { index: 0, output: "data".into() })
}

/// Makes a block read from another.
fn reads(blocks: &mut [Block], at: usize, from: usize, others: Vec<(Arc<str>, Wire)>) {
    let pnames = Column::constant(());
    blocks[at].producers =
        vec![Producer { block: from as u32, onto: Projection::default(), pnames }];
    let mut inputs = others;
    inputs.push(data());
    inputs.sort_by(|a, b| a.0.cmp(&b.0));
    blocks[at].wirings = Column::constant(Wiring { inputs, used: vec![0] });
}

/// Two runs, the second needing the first; one job that both share; all kinds of inputs.
pub(crate) fn listing() -> Listing {
    let generate = stage("sim", "generate", StageKind::Simple);
    let train = stage("sim", "train", StageKind::Simple);
    let report = stage("ana", "report", StageKind::ScatterGather);
    let mut blocks = vec![
        block(0, 0, &generate, "gen", &[("seed", "1")]),
        block(1, 0, &generate, "gen", &[("seed", "2")]),
        block(2, 0, &train, "train-fast", &[("mode", "\"fast\""), ("seed", "1")]),
        block(3, 0, &train, "train-slow", &[("mode", "\"slow\""), ("seed", "2")]),
        block(4, 1, &report, "report", &[]),
    ];
    reads(&mut blocks, 2, 0, Vec::new());
    reads(&mut blocks, 3, 1, Vec::new());
    let others = [
        ("base", Wire::StoreBase),
        ("run", Wire::Run("simulation".into())),
        ("title", Wire::Default("a title".into())),
    ];
    let others = others.into_iter().map(|(name, wire)| (name.into(), wire));
    reads(&mut blocks, 4, 0, others.collect());
    blocks[3].hints = Column::constant(Some(Resources {
        mem: Memory::parse("2G").ok(),
        cpus: Some(4),
        time: Duration::parse("01:30:00").ok(),
        partition: Some("long".into()),
        sbatch_opts: Some(vec!["--gres=gpu:1".into()]),
    }));
    let small = Resources { cpus: Some(1), ..Resources::default() };
    let parts = vec![("scatter".into(), small)];
    blocks[4].pieces = Column::constant(Pieces { parts, steps: Vec::new() });
    blocks[4].outputs = OutputWords::constant(&[("table", "$out/\"table\".txt")]);
    blocks[4].after = Some(0);
    let mut runs = vec![
        run("simulation", &[], &["generate", "train"], 4),
        run("analysis", &[("simulation", Need::Hard)], &["generate", "report"], 2),
    ];
    runs[1].shared.add(0);
    Listing {
        lab: LabInfo {
            version: "1.0.0".into(),
            git_hash: "unknown".into(),
            containers: ContainerMode::PerRun,
            entry: "nix/lab.nix".into(),
        },
        groups: vec![("all".into(), vec!["simulation".into(), "analysis".into()])],
        runs,
        blocks,
        upstreams: vec![After { jobs: (1..4).collect::<JobSet>(), digest: [7; 32] }],
        ids: Ids { kept: (1..6).map(|n| JobId::from_bytes([n; 20])).collect(), gaps: Vec::new() },
        kit: Kit::default(),
    }
}

fn run(name: &str, depends_on: &[(&str, Need)], stages: &[&str], jobs: usize) -> RunInfo {
    RunInfo {
        name: name.into(),
        depends_on: depends_on.iter().map(|(run, need)| (Arc::from(*run), *need)).collect(),
        containerized: true,
        stages: stages.iter().map(|name| Arc::from(*name)).collect(),
        jobs,
        shared: JobBits::default(),
    }
}

/// A run of one stage with this many jobs.
pub(crate) fn large(count: u32) -> Listing {
    let mut listing = listing();
    let stage = stage("sim", "generate", StageKind::Simple);
    let texts = (0..count).map(|seed| seed.to_string()).collect();
    let values = ParamValues::Swept(0, Arc::new(texts));
    let seed = Param { name: "seed".into(), values, origin: origin("seed", OriginKind::Run) };
    let mut block = block(0, 0, &stage, "gen", &[]);
    block.space = Space::new(vec![0], &[count]).unwrap();
    block.params = vec![seed];
    block.count = count;
    listing.blocks = vec![block];
    let id = |i: u32| {
        let mut id = [0; 20];
        id.iter_mut().zip(i.to_be_bytes()).for_each(|(to, from)| *to = from);
        JobId::from_bytes(id)
    };
    listing.ids.kept = (0..count).map(id).collect();
    listing.upstreams.clear();
    listing.runs.truncate(1);
    listing
}
