//! What a session puts in the place of some inputs of a flake.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::stand_ins::builtin;
use super::{SYSTEM, Session};
use crate::builtins::globals;
use crate::builtins::kept::SAME;
use crate::eval::{Eval, Evaluator};
use crate::flake::{self, Known, LockedPackages, Substitutes};
use crate::source::Name;
use crate::value::{Path as PathValue, Slot, Value};
use crate::world::EMBEDDED;

impl<'h> Session<'h> {
    /// A flake of upstream's shape around the embedded `repx-lib`.
    ///
    /// # Errors
    /// When the embedded code is broken.
    pub fn repx_flake(&self, evaluator: &mut Evaluator<'h>) -> Eval<'h> {
        let function = self.nixlib(evaluator, "repx-flake.nix")?;
        let (lib, repx_lib) = (self.lib(evaluator)?, self.repx_lib(evaluator)?);
        let prim = globals::primitives(evaluator.local);
        self.call_with(evaluator, function, &[("prim", prim), ("lib", lib), ("repx-lib", repx_lib)])
    }

    /// Makes importing a file, upstream's library, give ours.
    ///
    /// # Errors
    /// When the embedded code is broken.
    pub fn replace_library(&self, evaluator: &mut Evaluator<'h>, file: &Path) -> Eval<'h, ()> {
        let library = self.repx_lib(evaluator)?;
        self.files.provide(file, Slot::Value(library));
        Ok(())
    }

    /// The packages of a locked flake, in the forms that labs ask for.
    pub(super) fn locked_packages(
        &self,
        evaluator: &mut Evaluator<'h>,
        locked: &LockedPackages,
    ) -> Eval<'h> {
        let flake = flake::call(evaluator, &locked.reference, &Substitutes::default())?.value;
        let function = self.nixlib(evaluator, "locked-packages.nix")?;
        let repx = self.repx_flake(evaluator)?;
        let overlay = overlay_of(evaluator, repx)?;
        let system = evaluator.text(SYSTEM);
        let arguments = [("flake", flake), ("overlay", overlay), ("system", system)];
        self.call_with(evaluator, function, &arguments)
    }

    /// Lets what is known of a locked flake's packages take their place, in the flake and where its
    /// directory is imported; `repx` is the flake whose overlay is ours.
    ///
    /// # Errors
    /// When the embedded code is broken.
    pub fn known_packages(
        &self,
        evaluator: &mut Evaluator<'h>,
        locked: &LockedPackages,
        repx: Value<'h>,
    ) -> Eval<'h, Option<Known<'h>>> {
        let Some(known) = self.kept_packages(evaluator) else {
            return Ok(None);
        };
        let known = known?;
        let function = self.nixlib(evaluator, "known-packages.nix")?;
        let file = locked.directory.join("default.nix");
        let file = PathValue::new(evaluator.local, file.as_os_str().as_bytes());
        let Some(same) = builtin(evaluator, SAME) else {
            return Ok(None);
        };
        let arguments = [
            ("known", known),
            ("same", Value::Builtin(same)),
            ("file", Value::Path(file)),
            ("overlay", overlay_of(evaluator, repx)?),
            ("system", evaluator.text(SYSTEM)),
        ];
        let import = self.call_with(evaluator, function, &arguments)?;
        self.files.provide(&locked.directory, Slot::Value(import));
        let known = evaluator.attrs(Slot::Value(known))?;
        let packages = evaluator.attribute(known, Name::new("flake"))?;
        Ok(Some(Known { reference: locked.reference.clone(), system: SYSTEM, packages }))
    }

    /// A flake of nixpkgs' shape around a package set, or around a function or path that makes
    /// one. Importing the flake's path gives the function, as importing nixpkgs does.
    ///
    /// # Errors
    /// When the embedded code is broken.
    pub fn packages_flake(&self, evaluator: &mut Evaluator<'h>, packages: Value<'h>) -> Eval<'h> {
        let function = self.nixlib(evaluator, "packages-flake.nix")?;
        let location = Path::new(EMBEDDED).join("packages");
        let shown = evaluator.text(location.as_os_str().as_bytes());
        let lib = self.lib(evaluator)?;
        let arguments = [("packages", packages), ("lib", lib), ("location", shown)];
        let made = self.call_with(evaluator, function, &arguments)?;
        let made = evaluator.attrs(Slot::Value(made))?;
        for (name, place) in [("make", location.clone()), ("lib", location.join("lib"))] {
            let slot = evaluator.attribute(made, Name::new(name))?;
            self.files.provide(&place, slot);
        }
        let flake = evaluator.attribute(made, Name::new("flake"))?;
        evaluator.force(flake)
    }
}

/// `overlays.default` of a flake.
fn overlay_of<'h>(evaluator: &mut Evaluator<'h>, flake: Value<'h>) -> Eval<'h> {
    let mut value = flake;
    for name in ["overlays", "default"] {
        let attrs = evaluator.attrs(Slot::Value(value))?;
        let slot = evaluator.attribute(attrs, Name::new(name))?;
        value = evaluator.force(slot)?;
    }
    Ok(value)
}
