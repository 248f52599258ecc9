//! How much of this machine there is for jobs.

use std::fs;
use std::path::Path;

/// Processors and memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Machine {
    /// Processors that may be used.
    pub cpus: u64,
    /// Bytes of memory; `None`: nobody says.
    pub memory: Option<u128>,
}

impl Machine {
    /// This one, within the limits of the control group that we are in.
    pub fn this() -> Machine {
        // The standard library knows affinity and the group's quota.
        let cpus = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
        let installed = fs::read_to_string("/proc/meminfo").ok().and_then(|text| installed(&text));
        let group = fs::read_to_string("/proc/self/cgroup").ok();
        let limit = group.and_then(|text| group_limit(&text, |path| fs::read_to_string(path).ok()));
        Machine { cpus, memory: [installed, limit].into_iter().flatten().min() }
    }
}

fn installed(meminfo: &str) -> Option<u128> {
    let line = meminfo.lines().find(|line| line.starts_with("MemTotal:"))?;
    let kilobytes: u128 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes << 10)
}

/// The smallest limit of the group and those around it.
fn group_limit(groups: &str, read: impl Fn(&Path) -> Option<String>) -> Option<u128> {
    let mut least = None;
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let mut at = Path::new(root).join(path.trim_start_matches('/'));
        while at.starts_with(root) {
            // "max" is no number.
            let limit = read(&at.join(file)).and_then(|text| text.trim().parse::<u128>().ok());
            least = [least, limit].into_iter().flatten().min();
            if !at.pop() {
                break;
            }
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_limit_counts() {
        let read = |path: &Path| match path.to_str()? {
            "/sys/fs/cgroup/a/b/memory.max" => Some("max\n".to_owned()),
            "/sys/fs/cgroup/a/memory.max" => Some("4096\n".to_owned()),
            "/sys/fs/cgroup/memory/x/memory.limit_in_bytes" => Some("8192\n".to_owned()),
            _ => None,
        };
        assert_eq!(group_limit("0::/a/b\n", read), Some(4096));
        assert_eq!(group_limit("3:cpu:/x\n2:memory,cpu:/x\n", read), Some(8192));
        assert_eq!(group_limit("0::/elsewhere\n", read), None);
        assert_eq!(installed("MemTotal:  2 kB\nMemFree: 1 kB\n"), Some(2048));
    }
}
