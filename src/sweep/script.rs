//! What stands for a script in a job's identity.
//!
//! With a package set of real derivations it is a store path: that of the file with the script in it, which a
//! shell of the set runs with the stage's packages at hand, then the basic tools. So the shell and the tools that
//! every script uses are part of its identity, down to what they are built from. With the embedded set, whose
//! programs are those of whatever machine runs the job, it is the text.

use std::collections::HashSet;

use super::recipe::{CORE, Package, PackageKind};
use crate::builtins::Script;
use crate::eval::{Coercion, Eval, Evaluator};
use crate::source::{Name, Span};
use crate::store::StorePath;
use crate::value::{Attrs, Slot, Text, Value};

/// What is kept of scripts besides what stands for them.
#[derive(Clone, Copy)]
pub(super) enum Keeping<'w> {
    /// Nothing.
    Nothing,
    /// Not even that: only whether they are right is wanted.
    Mistakes,
    /// What it takes to run them.
    Recipes,
    /// Derivations that make these files.
    Derivations(&'w HashSet<StorePath>),
}

/// The shell and the tools of a package set.
struct Shell<'h> {
    system: &'h [u8],
    /// The directory of a package whose `/bin` holds the shell.
    bash: Text<'h>,
    coreutils: Text<'h>,
    /// Those of [`CORE`] that the set has.
    core: Vec<Text<'h>>,
}

/// Of a script, what is needed to say what stands for it.
#[derive(Clone, Copy)]
pub(super) struct Given<'h> {
    /// The package set.
    pub(super) packages: Option<Attrs<'h>>,
    /// What the stage is run with.
    pub(super) dependencies: Option<Slot<'h>>,
    pub(super) text: Text<'h>,
}

/// What the files of scripts are called.
const NAME: &str = "stage-script";

/// What stands for a script.
pub(super) fn identity<'h>(
    ev: &mut Evaluator<'h>,
    Given { packages, dependencies, text }: Given<'h>,
    keeping: Keeping<'_>,
    at: Span,
) -> Eval<'h, Vec<u8>> {
    let shell = match packages {
        Some(packages) => shell(ev, packages)?,
        None => None,
    };
    let Some(shell) = shell else {
        return Ok(text.bytes().to_vec());
    };
    let path = search_path(ev, &shell, dependencies)?;
    if matches!(keeping, Keeping::Mistakes) {
        Script::check(ev, NAME, &[shell.bash, shell.coreutils, path, text], at)?;
        return Ok(text.bytes().to_vec());
    }
    let parts = [
        Text::new(ev.local, "#!"),
        shell.bash,
        Text::new(ev.local, "/bin/bash\nexport PATH="),
        path,
        Text::new(ev.local, "\n"),
        text,
    ];
    let file = Script {
        name: NAME,
        system: shell.system,
        shell: joined(ev, &[shell.bash, Text::new(ev.local, "/bin/bash")]),
        tools: joined(ev, &[shell.coreutils, Text::new(ev.local, "/bin")]),
        text: joined(ev, &parts),
    };
    let wanted = |path: &StorePath| match keeping {
        Keeping::Nothing | Keeping::Mistakes | Keeping::Recipes => false,
        Keeping::Derivations(wanted) => wanted.contains(path),
    };
    Ok(file.path(ev, wanted, at)?.base_name().as_bytes().to_vec())
}

/// The basic tools of a set of derivations, the shell first. `None` of any other set.
pub(super) fn tools<'h>(
    ev: &mut Evaluator<'h>,
    packages: Attrs<'h>,
) -> Eval<'h, Option<Vec<Package>>> {
    let shell = shell(ev, packages)?;
    let package = |path: Text<'h>| Package { path: path.lossy().into(), kind: PackageKind::Made };
    Ok(shell.map(|shell| shell.core.into_iter().map(package).collect()))
}

/// The shell and the tools, if `pkgs.bash` and `pkgs.coreutils` are derivations.
fn shell<'h>(ev: &mut Evaluator<'h>, packages: Attrs<'h>) -> Eval<'h, Option<Shell<'h>>> {
    let (Some(bash), Some(coreutils)) =
        (packages.get(Name::new("bash")), packages.get(Name::new("coreutils")))
    else {
        return Ok(None);
    };
    let Value::Attrs(attrs) = ev.force(bash)? else {
        return Ok(None);
    };
    let Some(system) = attrs.get(Name::new("system")).filter(|_| attrs.has(Name::new("drvPath")))
    else {
        return Ok(None);
    };
    let system = ev.plain_string(system)?;
    let (bash, coreutils) = (path_of(ev, bash)?, path_of(ev, coreutils)?);
    let mut core = Vec::with_capacity(CORE.len());
    for package in CORE.iter().filter_map(|name| packages.get(Name::new(name))) {
        core.push(path_of(ev, package)?);
    }
    Ok(Some(Shell { system, bash, coreutils, core }))
}

/// Where the script finds its programs: the stage's packages first.
fn search_path<'h>(
    ev: &mut Evaluator<'h>,
    shell: &Shell<'h>,
    dependencies: Option<Slot<'h>>,
) -> Eval<'h, Text<'h>> {
    let mut packages = Vec::new();
    if let Some(dependencies) = dependencies {
        for package in ev.items(dependencies)?.items() {
            packages.push(path_of(ev, *package)?);
        }
    }
    packages.extend_from_slice(&shell.core);
    let (bin, next) = (Text::new(ev.local, "/bin"), Text::new(ev.local, "/bin:"));
    let last = packages.len().saturating_sub(1);
    let parts = packages.iter().enumerate();
    let parts: Vec<Text<'h>> =
        parts.flat_map(|(at, package)| [*package, if at == last { bin } else { next }]).collect();
    Ok(joined(ev, &parts))
}

fn path_of<'h>(ev: &mut Evaluator<'h>, package: Slot<'h>) -> Eval<'h, Text<'h>> {
    let value = ev.force(package)?;
    Ok(ev.coerce(value, Coercion::INTERPOLATION)?.into_text(ev.local))
}

/// Texts one after the other, referring to all that they refer to.
fn joined<'h>(ev: &Evaluator<'h>, parts: &[Text<'h>]) -> Text<'h> {
    let bytes: Vec<u8> = parts.iter().flat_map(|part| part.bytes()).copied().collect();
    let elements = parts.iter().flat_map(|part| part.context().elements()).copied().collect();
    let context = crate::value::Context::new(ev.local, elements);
    Text::made(ev.local, &bytes, context)
}
