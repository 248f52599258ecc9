//! Programs that upstream's tools look for in a lab directory: links to those of this machine.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::super::tool::on_path;
use super::name_of;

/// Those that upstream puts there and its tools, or scripts, may call.
const TOOLS: &str = "bash jq find xargs sed grep tar gzip bwrap ssh scp rsync \
    basename cat chmod chown comm cp cut date dd df dirname du echo env expr false head hostname id \
    install join ln ls md5sum mkdir mkfifo mktemp mv nice nl nproc od paste printf pwd readlink \
    realpath rm rmdir seq sha256sum shuf sleep sort split stat stdbuf tac tail tee test timeout \
    touch tr true truncate tsort uname uniq wc whoami yes";

/// Links the programs that there are, below a name that follows from what they are.
pub(super) fn write(directory: &Path) -> io::Result<()> {
    let found: Vec<_> =
        TOOLS.split_whitespace().filter_map(|name| Some((name, on_path(name)?))).collect();
    let places: Vec<String> = found.iter().map(|(_, path)| path.display().to_string()).collect();
    let bin = directory.join(name_of(places.iter().map(String::as_str))).join("bin");
    fs::create_dir_all(&bin)?;
    found.iter().try_for_each(|(name, path)| symlink(path, bin.join(name)))
}
