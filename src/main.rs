//! The binary: a fast allocator, the arguments, the exit status.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    repx::cli::main(std::env::args_os())
}
