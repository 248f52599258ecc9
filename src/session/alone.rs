//! Several threads, and yet the output of one.

use std::collections::VecDeque;
use std::io;
use std::sync::Mutex;

use super::{Config, Session, lock, run};
use crate::eval::Evaluator;

/// As [`run`], with the output that one thread alone would have given.
///
/// Values are the same anyway. Where `work`, or something it evaluates, has doubts
/// ([`Helpers::doubt`](crate::eval::Helpers::doubt)), it is done again by one thread, without the
/// messages that have been given already.
///
/// # Errors
/// When the system refuses a thread.
pub fn run_as_alone<R: Send>(
    config: &Config<'_>,
    work: impl for<'h> Fn(&Session<'h>, &mut Evaluator<'h>) -> R + Sync,
) -> io::Result<R> {
    if config.threads <= 1 {
        return run(config, &work);
    }
    let given = Mutex::new(VecDeque::new());
    let messages = |message: &str| {
        lock(&given).push_back(message.to_owned());
        (config.messages)(message);
    };
    let first = Config { messages: &messages, ..config.clone() };
    let (result, doubtful) = run(&first, |session, evaluator| {
        let result = work(session, evaluator);
        (result, session.shared.helpers.is_in_doubt())
    })?;
    if !doubtful {
        return Ok(result);
    }
    drop(result);
    let messages = |message: &str| {
        let mut given = lock(&given);
        // What has been built by now is not said to be built again.
        match given.iter().position(|earlier| earlier == message) {
            Some(at) => drop(given.drain(..=at)),
            None => (config.messages)(message),
        }
    };
    run(&Config { messages: &messages, threads: 1, ..config.clone() }, &work)
}
