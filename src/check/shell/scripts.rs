//! Scripts that were read, by their text.
//!
//! Reading a script takes longer than anything else about a stage, and most scripts of a lab that is looked at
//! again and again are what they were.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Located;
use super::read::{Script, Unreadable, read};

/// What became of reading a script.
pub(super) type Reading = Arc<Result<Script, Unreadable>>;

/// Bytes of scripts that are kept before those go that haven't been asked for since as many were.
const MOST_BYTES: usize = 4 << 20;

/// Scripts that were read. What is kept of them doesn't grow beyond some megabytes.
#[derive(Default)]
pub struct Scripts {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    new: HashMap<String, Reading>,
    old: HashMap<String, Reading>,
    /// Bytes of the new ones.
    size: usize,
}

impl Scripts {
    /// What a script says.
    pub(super) fn read(&self, text: &str) -> Reading {
        let known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).find(text);
        known.unwrap_or_else(|| {
            let reading = Arc::new(read(text, &Located::stands_in));
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.add(text.to_owned(), Arc::clone(&reading));
            reading
        })
    }
}

impl Kept {
    fn find(&mut self, text: &str) -> Option<Reading> {
        if let Some(known) = self.new.get(text) {
            return Some(Arc::clone(known));
        }
        let (text, known) = self.old.remove_entry(text)?;
        self.add(text, Arc::clone(&known));
        Some(known)
    }

    fn add(&mut self, text: String, reading: Reading) {
        if self.size > MOST_BYTES {
            self.old = std::mem::take(&mut self.new);
            self.size = 0;
        }
        self.size += text.len();
        self.new.insert(text, reading);
    }
}

impl std::fmt::Debug for Scripts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripts").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let scripts = Scripts::default();
        let first = scripts.read("echo first");
        let text = |number: usize| format!("echo {}", "x".repeat(number + MOST_BYTES / 16));
        for number in 0..100 {
            scripts.read(&text(number));
            assert!(Arc::ptr_eq(&first, &scripts.read("echo first")), "{number}");
        }
        let kept = scripts.kept.lock().unwrap();
        let all = kept.new.keys().chain(kept.old.keys());
        assert!(all.map(String::len).sum::<usize>() < 3 * MOST_BYTES);
    }
}
