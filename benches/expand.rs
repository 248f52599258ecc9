//! From a lab to its jobs, on a machine in memory.

mod common;

use divan::Bencher;
use divan::counter::ItemsCount;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    common::main();
}

/// Seeds and scales of labs with one job, ten thousand, a hundred thousand.
const SIZES: [(usize, usize); 3] = [(1, 1), (50, 50), (250, 100)];

fn listing(bencher: Bencher<'_, '_>, (seeds, scales): (usize, usize), threads: usize) {
    let world = common::sweep_lab(seeds, scales);
    let jobs = seeds + 4 * seeds * scales;
    assert_eq!(common::list(&world, threads), jobs);
    bencher.counter(ItemsCount::new(jobs)).bench(|| common::list(&world, threads));
}

#[divan::bench(args = SIZES.map(|(seeds, scales)| seeds + 4 * seeds * scales))]
fn jobs(bencher: Bencher<'_, '_>, jobs: usize) {
    let size = SIZES.into_iter().find(|(seeds, scales)| seeds + 4 * seeds * scales == jobs);
    listing(bencher, size.unwrap_or((1, 1)), 1);
}

#[divan::bench(args = [1, 2])]
fn threads(bencher: Bencher<'_, '_>, threads: usize) {
    listing(bencher, (250, 100), threads);
}
