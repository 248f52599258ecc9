//! Resource hints: sizes and times as quantities, merged by value.

use std::fmt;

/// What a job asks of the machine it runs on.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Resources {
    /// Memory.
    pub mem: Option<Memory>,
    /// Processors, at least 1.
    pub cpus: Option<u64>,
    /// Longest run time.
    pub time: Option<Duration>,
    /// SLURM partition.
    pub partition: Option<String>,
    /// Further options for `sbatch`.
    pub sbatch_opts: Option<Vec<String>>,
}

/// An amount of memory, remembering how it was written.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Memory {
    bytes: u128,
    text: String,
}

/// A length of time, remembering how it was written.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Duration {
    seconds: u64,
    text: String,
}

/// Why a hint can't be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HintError {
    /// No amount of memory.
    #[error("not an amount of memory")]
    Memory,
    /// No length of time.
    #[error("not a length of time")]
    Time,
}

impl Memory {
    /// Reads `512M`, `32G`, `4096` (bytes); a trailing `B` or `iB` is allowed.
    pub fn parse(text: &str) -> Result<Memory, HintError> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| HintError::Memory)?;
        let unit = unit.trim_start().to_ascii_uppercase();
        let unit = unit.strip_suffix("IB").or(unit.strip_suffix('B')).unwrap_or(&unit);
        let shift = match unit {
            "" => 0,
            "K" => 10,
            "M" => 20,
            "G" => 30,
            "T" => 40,
            "P" => 50,
            _ => return Err(HintError::Memory),
        };
        Ok(Memory { bytes: u128::from(number) << shift, text: text.to_owned() })
    }

    /// The amount in bytes.
    pub fn bytes(&self) -> u128 {
        self.bytes
    }
}

impl Duration {
    /// A number of seconds.
    pub fn seconds(seconds: u64) -> Duration {
        Duration { seconds, text: seconds.to_string() }
    }

    /// Reads SLURM's forms: `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours`,
    /// `days-hours:minutes`, `days-hours:minutes:seconds`; but a bare number is seconds, as in
    /// upstream.
    pub fn parse(text: &str) -> Result<Duration, HintError> {
        let number = |text: &str| -> Result<u64, HintError> {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten().ok_or(HintError::Time)
        };
        let (days, clock) = match text.split_once('-') {
            Some((days, clock)) => (Some(number(days)?), clock),
            None => (None, text),
        };
        let parts = clock.split(':').map(number).collect::<Result<Vec<u64>, HintError>>()?;
        let (hours, minutes, seconds) = match (days, parts.as_slice()) {
            (None, [s]) => (0, 0, *s),
            (None, [m, s]) => (0, *m, *s),
            (Some(_), [h]) => (*h, 0, 0),
            (Some(_), [h, m]) => (*h, *m, 0),
            (_, [h, m, s]) => (*h, *m, *s),
            _ => return Err(HintError::Time),
        };
        let total = |units: u64, seconds: u64| units.checked_mul(seconds).ok_or(HintError::Time);
        let seconds =
            [total(days.unwrap_or(0), 86_400)?, total(hours, 3_600)?, total(minutes, 60)?, seconds]
                .into_iter()
                .try_fold(0u64, u64::checked_add)
                .ok_or(HintError::Time)?;
        Ok(Duration { seconds, text: text.to_owned() })
    }

    /// The length in seconds.
    pub fn as_seconds(&self) -> u64 {
        self.seconds
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Resources {
    /// No hint at all?
    pub fn is_empty(&self) -> bool {
        *self == Resources::default()
    }

    /// These hints with those of dependencies, in order: the largest memory, processors and time
    /// by value; partition and options are this one's own, else the last dependency's that has
    /// them. Of equal amounts the one written nearest stays.
    #[must_use]
    pub fn over<'r>(&self, dependencies: impl IntoIterator<Item = &'r Resources>) -> Resources {
        let mut merged = self.clone();
        let (mut partition, mut sbatch_opts) = (None, None);
        for other in dependencies {
            larger(&mut merged.mem, other.mem.as_ref(), Memory::bytes);
            larger(&mut merged.cpus, other.cpus.as_ref(), |cpus| *cpus);
            larger(&mut merged.time, other.time.as_ref(), Duration::as_seconds);
            partition = other.partition.as_ref().or(partition);
            sbatch_opts = other.sbatch_opts.as_ref().or(sbatch_opts);
        }
        merged.partition = merged.partition.or_else(|| partition.cloned());
        merged.sbatch_opts = merged.sbatch_opts.or_else(|| sbatch_opts.cloned());
        merged
    }
}

fn larger<T: Clone, N: Ord>(own: &mut Option<T>, other: Option<&T>, amount: impl Fn(&T) -> N) {
    if let Some(other) = other
        && own.as_ref().is_none_or(|own| amount(own) < amount(other))
    {
        *own = Some(other.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_compared_by_value() {
        let bytes = |text| Memory::parse(text).map(|m| m.bytes());
        assert_eq!(bytes("512M"), Ok(512 << 20));
        assert_eq!(bytes("2g"), Ok(2 << 30));
        assert_eq!(bytes("1GiB"), Ok(1 << 30));
        assert_eq!(bytes("7"), Ok(7));
        for bad in ["", "lots", "G", "1.5G", "-1G", "1X", "99999999999999999999G"] {
            assert_eq!(bytes(bad), Err(HintError::Memory), "{bad}");
        }
    }

    #[test]
    fn times_in_all_forms() {
        let seconds = |text| Duration::parse(text).map(|t| t.as_seconds());
        for (text, expected) in [
            ("90", 90),
            ("30:00", 1_800),
            ("04:00:00", 14_400),
            ("1-12", 129_600),
            ("1-12:30", 131_400),
            ("2-00:00:01", 172_801),
        ] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for bad in ["", "soon", "1:2:3:4", "1-", "-5", "1h", "99999999999999999-0"] {
            assert_eq!(seconds(bad), Err(HintError::Time), "{bad}");
        }
    }

    #[test]
    fn dependencies_raise_what_is_asked() {
        let hints = |mem: &str, time: &str, partition: Option<&str>| Resources {
            mem: Memory::parse(mem).ok(),
            time: Duration::parse(time).ok(),
            partition: partition.map(Into::into),
            ..Resources::default()
        };
        let own = hints("2G", "90:00", None);
        let merged = own.over([
            &hints("512M", "01:00:00", Some("first")),
            &hints("900M", "2:00:00", Some("last")),
        ]);
        assert_eq!(merged.mem.map(|m| m.to_string()), Some("2G".into()));
        assert_eq!(merged.time.map(|t| t.to_string()), Some("2:00:00".into()));
        assert_eq!(merged.partition.as_deref(), Some("last"));
        let own = hints("1G", "1", Some("mine"));
        let merged = own.over([&hints("2G", "1", Some("last"))]);
        assert_eq!(merged.partition.as_deref(), Some("mine"));
        assert_eq!(merged.mem.map(|m| m.to_string()), Some("2G".into()));
    }
}
