//! From a lab to its jobs, on a machine in memory.

mod common;

use divan::Bencher;
use divan::counter::ItemsCount;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    common::main();
}

/// Seeds and scales of labs with a thousand jobs, ten thousand, and so on to ten million, which
/// without optimisation would take too long.
const SIZES: &[(usize, usize)] = match cfg!(debug_assertions) {
    true => &[(16, 15), (50, 50)],
    false => &[(16, 15), (50, 50), (159, 157), (500, 500), (1582, 1580)],
};

/// Lengths of an axis that scripts read.
const VALUES: &[usize] = match cfg!(debug_assertions) {
    true => &[1_000],
    false => &[1_000, 10_000, 100_000, 1_000_000],
};

fn jobs_of((seeds, scales): (usize, usize)) -> usize {
    seeds + 4 * seeds * scales
}

fn listing(bencher: Bencher<'_, '_>, size: (usize, usize), threads: usize) {
    let world = common::sweep_lab(size.0, size.1);
    let jobs = jobs_of(size);
    assert_eq!(common::list(&world, threads), jobs);
    bencher.counter(ItemsCount::new(jobs)).bench(|| common::list(&world, threads));
}

/// The cost of a job is the same from a thousand of them to ten million.
#[divan::bench(args = SIZES.iter().map(|size| jobs_of(*size)))]
fn jobs(bencher: Bencher<'_, '_>, jobs: usize) {
    let size = SIZES.iter().find(|size| jobs_of(**size) == jobs);
    listing(bencher, size.copied().unwrap_or((1, 1)), 1);
}

#[divan::bench(args = [1, 2])]
fn threads(bencher: Bencher<'_, '_>, threads: usize) {
    listing(bencher, (50, 250), threads);
}

/// Each value of an axis is evaluated on its own: the costs of one are the same however many there are.
#[divan::bench(args = VALUES)]
fn values(bencher: Bencher<'_, '_>, values: usize) {
    let world = common::axis_lab(values);
    assert_eq!(common::list(&world, 1), values);
    bencher.counter(ItemsCount::new(values)).bench(|| common::list(&world, 1));
}

/// Jobs that are counted, not made.
#[divan::bench(args = [1_000, 1_000_000])]
fn counted(bencher: Bencher<'_, '_>, axis: usize) {
    let world = common::sweep_lab(axis, axis);
    let jobs = axis as u128 + 4 * (axis as u128).pow(2);
    assert_eq!(common::count(&world), jobs);
    bencher.bench(|| common::count(&world));
}
