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
    fn patterns_are_kept_once_and_bounded() -> Result<(), RegexError> {
        let first = compiled(b"cached-once")?;
        assert!(Arc::ptr_eq(&first, &compiled(b"cached-once")?));
        assert_eq!(compiled(b"(").err(), Some(RegexError::Invalid("(".to_owned())));
        for number in 0..CAPACITY + 50 {
            compiled(format!("bounded{number}").as_bytes())?;
        }
        assert!(CACHE.read().len() <= CAPACITY);
        Ok(())
    }
}
