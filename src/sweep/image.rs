//! Container images that jobs can be run in, as derivations.
//!
//! No listing has them: only who writes a lab's directory asks for them, of an evaluation that keeps the derivations
//! of scripts ([`Ask::Derivations`](super::Ask)).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::recipe::{CORE, paths_in};
use crate::eval::{Coercion, Eval, Evaluator};
use crate::lab::{Lab, Run};
use crate::session::Session;
use crate::source::{Name, Span};
use crate::store::{ContextElement, ContextPath, Derivations, ElementId, StoreDir, StorePath};
use crate::value::{Attrs, Context, Error, Slot, Text, Value};

/// What an image is made for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// Names of the runs that it is of.
    pub runs: Vec<Arc<str>>,
    /// Is it the one that all runs share?
    pub shared: bool,
    /// The scripts that are run in it.
    pub scripts: BTreeSet<StorePath>,
    /// What else their jobs name.
    pub paths: BTreeSet<StorePath>,
}

impl Image {
    /// What upstream calls it, without characters that no name in the store has.
    pub fn name(&self) -> String {
        let run = self.runs.first().filter(|_| !self.shared);
        let Some(run) = run else {
            return "repx-shared-image".to_owned();
        };
        let plain = |(at, c): (usize, char)| {
            let fits = c.is_ascii_alphanumeric() || c == '_' || (c == '.' && at > 0);
            if fits { c } else { '-' }
        };
        let name: String = run.chars().enumerate().map(plain).collect();
        format!("{name}-image")
    }
}

/// Where images come to lie when they are built, one for each of these. `None`: the package set can't make any.
///
/// # Errors
/// When evaluating one fails.
pub fn images<'h>(
    session: &Session<'h>,
    ev: &mut Evaluator<'h>,
    lab: &Lab<'h>,
    images: &[Image],
) -> Eval<'h, Option<Vec<StorePath>>> {
    let packages = lab.packages.filter(|packages| packages.has(Name::new("dockerTools")));
    let Some(packages) = packages else {
        return Ok(None);
    };
    let all: Vec<Contents<'_, 'h>> = images.iter().map(|image| Contents::of(image, lab)).collect();
    let wanted = all.iter().flat_map(|one| one.image.scripts.iter().chain(&one.paths));
    let makers = ev.shared.derivations.makers(&StoreDir::default(), &wanted.cloned().collect());
    let made = all.iter().map(|contents| path(session, ev, packages, contents, &makers));
    made.collect::<Eval<'h, Vec<StorePath>>>().map(Some)
}

fn path<'h>(
    session: &Session<'h>,
    ev: &mut Evaluator<'h>,
    packages: Attrs<'h>,
    contents: &Contents<'_, 'h>,
    makers: &Makers,
) -> Eval<'h, StorePath> {
    let tools: Vec<Slot<'h>> = CORE.iter().map(|name| Slot::Value(ev.text(name))).collect();
    let arguments = [
        ("pkgs", Value::Attrs(packages)),
        ("name", ev.text(contents.image.name())),
        ("tools", ev.list(&tools)),
        ("paths", contents.text(ev, makers)?),
    ];
    let value = session.image(ev, &arguments)?;
    let text = ev.coerce(value, Coercion::INTERPOLATION)?.into_text(ev.local);
    let path = StoreDir::default().parse(&text.lossy());
    path.map_err(|_| not_an_image(ev, text))
}

#[cold]
fn not_an_image<'h>(ev: &Evaluator<'h>, text: Text<'h>) -> Error<'h> {
    let text = text.lossy();
    ev.error_at(Span::NONE, format!("an image is a path of the store, which '{text}' is not"))
}

/// Who makes a path: derivation and output.
type Makers = BTreeMap<StorePath, (StorePath, String)>;

/// What an image has to hold.
struct Contents<'i, 'h> {
    image: &'i Image,
    runs: Vec<&'i Run<'h>>,
    /// What jobs and parameters name.
    paths: BTreeSet<StorePath>,
}

impl<'i, 'h> Contents<'i, 'h> {
    fn of(image: &'i Image, lab: &'i Lab<'h>) -> Contents<'i, 'h> {
        let runs: Vec<_> = lab.runs.iter().filter(|run| image.runs.contains(&run.name)).collect();
        let mut paths = image.paths.clone();
        // Those that no stage declares as well: labs put packages into images that way.
        for member in runs.iter().flat_map(|run| &run.axes).flat_map(|axis| &axis.members) {
            paths.extend(member.values.texts().iter().flat_map(paths_in));
        }
        Contents { image, runs, paths }
    }

    /// The paths, one a line, referring to what they name.
    fn text(&self, ev: &mut Evaluator<'h>, makers: &Makers) -> Eval<'h, Value<'h>> {
        let derivations = ev.shared.derivations;
        let mut inside = Inside { derivations, elements: BTreeMap::new() };
        for script in &self.image.scripts {
            inside.add_inputs(script, makers);
        }
        for path in &self.paths {
            inside.add_path(path, makers);
        }
        for needed in self.runs.iter().filter_map(|run| run.params_dependencies) {
            for item in ev.items(needed.slot)?.items() {
                let item = ev.force(*item)?;
                let text = ev.coerce(item, Coercion::INTERPOLATION)?.into_text(ev.local);
                let elements = text.context().elements().iter();
                elements.for_each(|element| inside.add(element.get().clone()));
            }
        }
        let dir = StoreDir::default();
        let lines: Vec<String> =
            inside.elements.keys().map(|path| dir.print(path) + "\n").collect();
        let elements = inside.elements.values().map(ElementId::intern).collect();
        Ok(Value::Text(Text::made(ev.local, lines.concat(), Context::new(ev.local, elements))))
    }
}

/// Paths, and how they come to be.
struct Inside<'d> {
    derivations: &'d Derivations,
    elements: BTreeMap<StorePath, ContextElement>,
}

impl Inside<'_> {
    fn add(&mut self, element: ContextElement) {
        let path = match &element {
            ContextElement::Opaque(ContextPath::Store(path)) | ContextElement::DrvDeep(path) => {
                Some(path.clone())
            }
            ContextElement::Built { drv, output } => {
                let derivation = self.derivations.get(drv);
                let path = derivation.map(|made| made.output_path(&StoreDir::default(), output));
                path.and_then(Result::ok).flatten()
            }
            ContextElement::Opaque(ContextPath::Virtual(_)) => None,
        };
        if let Some(path) = path {
            self.elements.insert(path, element);
        }
    }

    fn add_path(&mut self, path: &StorePath, makers: &Makers) {
        self.add(match makers.get(path) {
            Some((drv, output)) => {
                ContextElement::Built { drv: drv.clone(), output: output.as_str().into() }
            }
            None => ContextElement::Opaque(ContextPath::Store(path.clone())),
        });
    }

    /// Adds what a script may refer to.
    fn add_inputs(&mut self, script: &StorePath, makers: &Makers) {
        let maker = makers.get(script).and_then(|(drv, _)| self.derivations.get(drv));
        let Some(maker) = maker else {
            // The lab has changed since it was listed: what there is of the script brings the rest.
            return self.add_path(script, makers);
        };
        for path in &maker.input_srcs {
            self.add(ContextElement::Opaque(ContextPath::Store(path.clone())));
        }
        for (drv, outputs) in &maker.input_drvs {
            for output in outputs {
                let output = output.as_str().into();
                self.add(ContextElement::Built { drv: drv.clone(), output });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_called_as_upstream_calls_them() {
        let name = |run: &str, shared: bool| {
            let (scripts, paths) = (BTreeSet::new(), BTreeSet::new());
            Image { runs: vec![run.into()], shared, scripts, paths }.name()
        };
        assert_eq!(name("train", true), "repx-shared-image");
        assert_eq!(name("train-v1.2", false), "train-v1.2-image");
        assert_eq!(name(".größe+1", false), "-gr--e-1-image");
    }
}
