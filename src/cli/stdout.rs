//! Standard output.

use std::io::{self, BufWriter, StdoutLock, Write};

use super::Exit;
use super::report::say;

/// Bytes collected before they are written.
const BUFFER: usize = 1 << 18;

/// Hands a buffered standard output to `write`. A reader that has seen enough (`| head`) closes
/// the pipe; that is no error.
pub(super) fn print(
    write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>,
) -> Exit {
    let mut out = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Exit::Fine,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is still in the buffer has no reader: dropping it must not try again.
            drop(out.into_parts());
            Exit::Fine
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {
            drop(out.into_parts());
            say("interrupted");
            Exit::Interrupted
        }
        Err(error) => {
            drop(out.into_parts());
            say(&format!("repx: cannot write the result: {error}"));
            Exit::Wrong
        }
    }
}
