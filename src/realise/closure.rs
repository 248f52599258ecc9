//! Everything that some store paths need, in an order in which it can be sent.

use std::collections::{BTreeSet, HashSet};

use super::connection::{Connection, Elsewhere};
use super::object::Cargo;
use crate::store::{StoreDir, StorePath};
use crate::world::{KeeperError, Made};

/// These paths and all they refer to, what is referred to first. What evaluation didn't make is
/// among them, without what it refers to: it must be in the store already.
pub(super) fn order(made: Made<'_>, roots: &[StorePath]) -> Vec<StorePath> {
    let mut seen = HashSet::new();
    let mut order = Vec::new();
    // A path is pushed twice: to open it, and below what it refers to, to put it in order.
    let mut open: Vec<(StorePath, bool)> = roots.iter().rev().map(|r| (r.clone(), false)).collect();
    while let Some((path, opened)) = open.pop() {
        if opened {
            order.push(path);
            continue;
        }
        if !seen.insert(path.clone()) {
            continue;
        }
        let references = Cargo::find(made, &path).map(|cargo| cargo.references());
        open.push((path, true));
        open.extend(references.unwrap_or_default().into_iter().map(|path| (path, false)));
    }
    order
}

/// Sends what the store lacks of these paths.
pub(super) fn send(
    made: Made<'_>,
    order: &[StorePath],
    connection: &mut Connection,
) -> Result<(), KeeperError> {
    let mut valid = connection.valid(order, Elsewhere::Stay)?;
    let strangers: Vec<StorePath> = order
        .iter()
        .filter(|path| !valid.contains(path) && Cargo::find(made, path).is_none())
        .cloned()
        .collect();
    if !strangers.is_empty() {
        valid.extend(connection.valid(&strangers, Elsewhere::Look)?);
        require(&strangers, &valid)?;
    }
    for path in order.iter().filter(|path| !valid.contains(path)) {
        if let Some(cargo) = Cargo::find(made, path) {
            cargo.send(made, path, connection)?;
        }
    }
    Ok(())
}

fn require(paths: &[StorePath], valid: &BTreeSet<StorePath>) -> Result<(), KeeperError> {
    match paths.iter().find(|path| !valid.contains(path)) {
        Some(path) => Err(KeeperError::Unknown { path: StoreDir::default().print(path) }),
        None => Ok(()),
    }
}
