//! What a derivation's strings refer to, as its inputs.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{known, make_known};
use crate::eval::{Eval, Evaluator};
use crate::source::Span;
use crate::store::{ContextElement, ContextPath, ElementId, Object, StorePath};

/// The inputs of a derivation.
#[derive(Default)]
pub(super) struct Inputs {
    /// Derivations, and which of their outputs.
    pub(super) drvs: BTreeMap<StorePath, BTreeSet<String>>,
    /// Objects that are needed as they are.
    pub(super) srcs: BTreeSet<StorePath>,
}

/// The inputs that a context stands for. All derivations among them are known afterwards.
pub(super) fn of<'h>(
    ev: &mut Evaluator<'h>,
    name: &str,
    context: &BTreeSet<ElementId>,
    at: Span,
) -> Eval<'h, Inputs> {
    let mut inputs = Inputs::default();
    for element in context.iter().map(|id| id.get()) {
        match element {
            ContextElement::Opaque(ContextPath::Store(path)) => {
                inputs.srcs.insert(path.clone());
            }
            ContextElement::Opaque(ContextPath::Virtual(path)) => {
                let message = format!(
                    "derivation '{name}' refers to '{}', a program of this machine, which a build by Nix can't see",
                    path.as_str()
                );
                return Err(ev.error_at(at, message));
            }
            ContextElement::Built { drv, output } => {
                make_known(ev, drv, at)?;
                let outputs = inputs.drvs.entry(drv.clone()).or_default();
                outputs.insert(output.to_string());
            }
            ContextElement::DrvDeep(drv) => inputs.add_closure(ev, drv, at)?,
        }
    }
    Ok(inputs)
}

impl Inputs {
    /// A builder that is given a derivation may look at everything it is built from, so all of
    /// that is an input: every file, and every output of every derivation.
    fn add_closure<'h>(
        &mut self,
        ev: &mut Evaluator<'h>,
        root: &StorePath,
        at: Span,
    ) -> Eval<'h, ()> {
        let mut open = vec![root.clone()];
        let mut seen = BTreeSet::new();
        while let Some(path) = open.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            self.srcs.insert(path.clone());
            if path.is_derivation() {
                let derivation = known(ev, &path, at)?;
                let outputs = derivation.outputs.keys().cloned().collect();
                self.drvs.insert(path, outputs);
                open.extend(derivation.input_drvs.keys().cloned());
                open.extend(derivation.input_srcs.iter().cloned());
            } else if let Some(object) = ev.shared.objects.get(&path)
                && let Object::Text { references, .. } = &*object
            {
                open.extend(references.iter().cloned());
            }
        }
        Ok(())
    }
}
