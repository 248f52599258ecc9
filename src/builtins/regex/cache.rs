//! Compiled patterns, shared by all threads of the process.

use std::sync::{Arc, LazyLock};

use hashbrown::HashMap;
use parking_lot::RwLock;

use super::{Regex, RegexError};

/// Patterns kept at most. A program has few literal patterns; ones made at run time could
/// be without end, so a full cache is emptied.
const CAPACITY: usize = 1024;

type Cache = RwLock<HashMap<Box<[u8]>, Arc<Regex>>>;

static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);

/// The compiled form of a pattern, from the cache if it was seen before.
///
/// # Errors
/// See [`RegexError`]; refusals are not kept.
pub fn compiled(pattern: &[u8]) -> Result<Arc<Regex>, RegexError> {
    if let Some(regex) = CACHE.read().get(pattern) {
        return Ok(Arc::clone(regex));
    }
    let regex = Arc::new(Regex::new(pattern)?);
    let mut cache = CACHE.write();
    if cache.len() >= CAPACITY {
        cache.clear();
    }
    cache.insert(pattern.into(), Arc::clone(&regex));
    Ok(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_compiled_once_and_refusals_are_repeated() {
        let first = compiled(b"cached-once").unwrap();
        let second = compiled(b"cached-once").unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(compiled(b"(").unwrap_err(), compiled(b"(").unwrap_err());
    }

    #[test]
    fn the_cache_stays_bounded() {
        for number in 0..CAPACITY + 50 {
            compiled(format!("bounded{number}").as_bytes()).unwrap();
        }
        assert!(CACHE.read().len() <= CAPACITY);
    }
}
