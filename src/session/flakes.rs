//! What a session puts in the place of some inputs of a flake.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::Session;
use crate::builtins::globals;
use crate::eval::{Eval, Evaluator};
use crate::source::Name;
use crate::value::{Slot, Value};
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
