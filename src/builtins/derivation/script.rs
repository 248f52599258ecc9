//! A script as a derivation: a file that a shell of the package set runs.

use std::collections::{BTreeMap, BTreeSet};

use super::super::support::{store_dir, wrap};
use super::inputs;
use crate::eval::{Eval, Evaluator};
use crate::source::Span;
use crate::store::{Derivation, DerivationOutput, ElementId, StorePath};
use crate::value::Text;

/// What a script's file is made of.
#[derive(Clone, Copy)]
pub struct Script<'a, 'h> {
    /// The file's name.
    pub name: &'a str,
    /// The kind of machine that makes the file.
    pub system: &'a [u8],
    /// The shell.
    pub shell: Text<'h>,
    /// Where it finds `cp` and `chmod`.
    pub tools: Text<'h>,
    /// The whole text.
    pub text: Text<'h>,
}

/// What the shell is told to do.
const MAKE_FILE: &[u8] = b"cp \"$textPath\" \"$out\"; chmod +x \"$out\"";

impl<'h> Script<'_, 'h> {
    /// The path of the file. Of the derivation nothing is kept, since there may be millions, unless
    /// the path is one that is `wanted`.
    ///
    /// # Errors
    /// When the text refers to something that no build by Nix can see, or the name is no name.
    pub fn path(
        self,
        ev: &mut Evaluator<'h>,
        wanted: impl FnOnce(&StorePath) -> bool,
        at: Span,
    ) -> Eval<'h, StorePath> {
        let mut derivation = self.derivation(ev, at)?;
        let known = |input: &StorePath| ev.shared.derivations.modulo(input);
        wrap(ev, at, derivation.fill_output_paths(&store_dir(), known))?;
        let path = wrap(ev, at, derivation.output_path(&store_dir(), "out"))?;
        let path = path.ok_or_else(|| ev.error_at(at, "a script's file has no path"))?;
        if wanted(&path) {
            let added = ev.shared.derivations.add(&store_dir(), derivation);
            wrap(ev, at, added)?;
        }
        Ok(path)
    }

    /// Fails as [`Script::path`] does where texts that are part of a script refer to something that no build
    /// can see.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(ev: &mut Evaluator<'h>, name: &str, texts: &[Text<'h>], at: Span) -> Eval<'h, ()> {
        inputs::of(ev, name, &context(texts), at).map(drop)
    }

    fn derivation(self, ev: &mut Evaluator<'h>, at: Span) -> Eval<'h, Derivation> {
        let context = context(&[self.shell, self.tools, self.text]);
        let inputs = inputs::of(ev, self.name, &context, at)?;
        let bytes = |text: Text<'h>| text.bytes().to_vec();
        let env = [
            (b"PATH".as_slice(), bytes(self.tools)),
            (b"builder", bytes(self.shell)),
            (b"name", self.name.as_bytes().to_vec()),
            (b"out", Vec::new()),
            (b"passAsFile", b"text".to_vec()),
            (b"system", self.system.to_vec()),
            (b"text", bytes(self.text)),
        ];
        Ok(Derivation {
            name: self.name.to_owned(),
            outputs: BTreeMap::from([("out".to_owned(), DerivationOutput::Deferred)]),
            input_drvs: inputs.drvs,
            input_srcs: inputs.srcs,
            platform: self.system.to_vec(),
            builder: bytes(self.shell),
            args: [b"-e".as_slice(), b"-c", MAKE_FILE].map(<[u8]>::to_vec).to_vec(),
            env: env.into_iter().map(|(name, value)| (name.to_vec(), value)).collect(),
        })
    }
}

/// All that texts refer to.
fn context(texts: &[Text<'_>]) -> BTreeSet<ElementId> {
    texts.iter().flat_map(|text| text.context().elements().iter().copied()).collect()
}
