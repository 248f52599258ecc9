//! What stands for a script in a job's identity.
//!
//! With a package set of real derivations it is a store path: that of the file with the script in it, which a
//! shell of the set runs with the stage's packages at hand. So the shell and the tools that every script uses
//! are part of its identity, down to what they are built from. With the embedded set, whose programs are those
//! of whatever machine runs the job, it is the text.

use crate::builtins::Script;
use crate::eval::{Coercion, Eval, Evaluator};
use crate::source::{Name, Span};
use crate::value::{Attrs, Slot, Text, Value};

/// The shell and the tools of a package set.
#[derive(Clone, Copy)]
struct Shell<'h> {
    system: &'h [u8],
    /// The directory of a package whose `/bin` holds the shell.
    bash: Text<'h>,
    coreutils: Text<'h>,
}

/// What stands for a script with this text, of a stage with these `runDependencies`.
pub(super) fn identity<'h>(
    ev: &mut Evaluator<'h>,
    packages: Option<Attrs<'h>>,
    dependencies: Option<Slot<'h>>,
    text: Text<'h>,
    at: Span,
) -> Eval<'h, Vec<u8>> {
    let shell = match packages {
        Some(packages) => shell(ev, packages)?,
        None => None,
    };
    let Some(shell) = shell else {
        return Ok(text.bytes().to_vec());
    };
    let path = search_path(ev, shell, dependencies)?;
    let parts = [
        Text::new(ev.local, "#!"),
        shell.bash,
        Text::new(ev.local, "/bin/bash\nexport PATH="),
        path,
        Text::new(ev.local, "\n"),
        text,
    ];
    let file = Script {
        name: "stage-script",
        system: shell.system,
        shell: joined(ev, &[shell.bash, Text::new(ev.local, "/bin/bash")]),
        tools: joined(ev, &[shell.coreutils, Text::new(ev.local, "/bin")]),
        text: joined(ev, &parts),
    };
    Ok(file.path(ev, at)?.base_name().as_bytes().to_vec())
}

/// `pkgs.bash` and `pkgs.coreutils`, if they are derivations.
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
    Ok(Some(Shell { system, bash: path_of(ev, bash)?, coreutils: path_of(ev, coreutils)? }))
}

/// Where the script finds its programs: the stage's packages first.
fn search_path<'h>(
    ev: &mut Evaluator<'h>,
    shell: Shell<'h>,
    dependencies: Option<Slot<'h>>,
) -> Eval<'h, Text<'h>> {
    let mut parts = Vec::new();
    if let Some(dependencies) = dependencies {
        for package in ev.items(dependencies)?.items() {
            parts.push(path_of(ev, *package)?);
            parts.push(Text::new(ev.local, "/bin:"));
        }
    }
    parts.extend([shell.coreutils, Text::new(ev.local, "/bin")]);
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
