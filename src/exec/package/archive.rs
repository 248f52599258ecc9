//! Files of a tar archive, one after the other: as POSIX has it, with what GNU tar and Python write beyond that.

use std::io::{self, BufRead, Read};

use zlib_rs::{Inflate, InflateFlush, Status};

/// Headers and contents begin at multiples of this.
const BLOCK: usize = 512;
/// No extended header is longer: one has a path and some numbers.
const LONGEST: u64 = 1 << 20;
/// Bytes that are read at once.
const AT_ONCE: usize = 1 << 16;

/// What is read from is no such archive.
pub(super) fn malformed(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

fn too_short() -> io::Error {
    malformed("it ends too early")
}

/// An archive that is being read: it reads as the contents of the entry that was met last.
pub(super) struct Archive<R> {
    input: R,
    /// Of the last entry's contents, what hasn't been read, and what follows up to the next block.
    left: u64,
    padding: u64,
}

/// What stands before contents.
pub(super) struct Entry {
    /// Without `./` before it.
    pub(super) path: String,
    pub(super) size: u64,
    /// Is it a file, not a directory or a link?
    pub(super) is_file: bool,
}

impl<R: Read> Archive<R> {
    pub(super) fn new(input: R) -> Archive<R> {
        Archive { input, left: 0, padding: 0 }
    }

    /// The next entry, if there is one more.
    ///
    /// # Errors
    /// When it is no archive, or can't be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        let (mut path, mut size) = (None, None);
        loop {
            let Some(header) = self.header()? else {
                // Only the end of what was compressed tells whether all of it is as it was.
                io::copy(&mut self.input, &mut io::sink())?;
                return Ok(None);
            };
            match header.kind {
                b'x' => {
                    for (key, value) in records(&self.text(&header)?) {
                        match key {
                            "path" => path = Some(value.to_owned()),
                            "size" => size = value.parse().ok(),
                            _ => {}
                        }
                    }
                }
                b'L' => path = Some(self.text(&header)?.trim_end_matches('\0').to_owned()),
                // What is true of all entries, and of the target of a link.
                b'g' | b'K' => drop(self.text(&header)?),
                kind => {
                    let path = path.unwrap_or(header.path);
                    let size = size.unwrap_or(header.size);
                    self.begin(size);
                    let path = path.strip_prefix("./").unwrap_or(&path).to_owned();
                    return Ok(Some(Entry { path, size, is_file: matches!(kind, b'0' | 0) }));
                }
            }
        }
    }

    fn begin(&mut self, size: u64) {
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    /// The next block that is a header.
    fn header(&mut self) -> io::Result<Option<Header>> {
        let rest = self.left + self.padding;
        if io::copy(&mut (&mut self.input).take(rest), &mut io::sink())? < self.left {
            return Err(too_short());
        }
        self.begin(0);
        let mut block = Vec::with_capacity(BLOCK);
        (&mut self.input).take(BLOCK as u64).read_to_end(&mut block)?;
        match <&[u8; BLOCK]>::try_from(block.as_slice()) {
            Ok(block) => Header::parse(block),
            Err(_) if block.is_empty() => Ok(None),
            Err(_) => Err(too_short()),
        }
    }

    /// The contents of an entry that says something of the next one.
    fn text(&mut self, header: &Header) -> io::Result<String> {
        if header.size > LONGEST {
            return Err(malformed("a header is too long"));
        }
        self.begin(header.size);
        let mut text = Vec::new();
        self.read_to_end(&mut text)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl<R: Read> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.input).take(self.left).read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(too_short());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

struct Header {
    path: String,
    size: u64,
    kind: u8,
}

impl Header {
    /// Nothing if the block is empty: such blocks stand at the end.
    fn parse(block: &[u8; BLOCK]) -> io::Result<Option<Header>> {
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
        // The sum is over the block with blanks in the sum's own place.
        let sum = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let expected = sum(block) - sum(field(148, 156)) + 8 * u64::from(b' ');
        if number(field(148, 156)) != Some(expected) {
            return Err(malformed("it is no tar archive, or damaged"));
        }
        let name = text(field(0, 100));
        let prefix = text(field(345, 500));
        let path =
            match field(257, 262) == b"ustar" && field(262, 263) != b" " && !prefix.is_empty() {
                true => format!("{prefix}/{name}"),
                false => name,
            };
        let size = number(field(124, 136)).ok_or_else(|| malformed("a size is no number"))?;
        let kind = field(156, 157).first().copied().unwrap_or_default();
        Ok(Some(Header { path, size, kind }))
    }
}

/// Up to the first NUL.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// Octal digits; or, if they don't suffice and the first bit is set, the number itself.
fn number(field: &[u8]) -> Option<u64> {
    if let Some((first, rest)) = field.split_first()
        && first & 0x80 != 0
    {
        let bytes = std::iter::once(first & 0x7f).chain(rest.iter().copied());
        return bytes
            .into_iter()
            .try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(byte)));
    }
    let digits = text(field);
    let digits = digits.trim();
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

/// Lines of an extended header: `LENGTH key=value`.
fn records(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once(' ')?.1.split_once('='))
}

/// What may be compressed by gzip, as it was before.
///
/// # Errors
/// When it can't be read.
pub(super) fn plain<'r>(mut input: impl BufRead + 'r) -> io::Result<Box<dyn Read + 'r>> {
    Ok(match input.fill_buf()?.starts_with(&GZIP) {
        true => Box::new(Gunzip { input, inflate: member(), inside: true }),
        false => Box::new(input),
    })
}

/// How what gzip writes begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// zlib is told by the size of its window, 15 bits, that gzip's header is to be read.
fn member() -> Inflate {
    Inflate::new(true, 16 + 15)
}

/// What was compressed by gzip, in one or more parts.
struct Gunzip<R> {
    input: R,
    inflate: Inflate,
    /// Has a part begun that hasn't ended?
    inside: bool,
}

impl<R: BufRead> Read for Gunzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let input = self.input.fill_buf()?;
            if input.is_empty() {
                return match self.inside {
                    true => Err(too_short()),
                    false => Ok(0),
                };
            }
            if !self.inside {
                (self.inflate, self.inside) = (member(), true);
            }
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let done = self.inflate.decompress(input, buffer, InflateFlush::NoFlush);
            let status = done.map_err(|error| malformed(error.as_str()))?;
            let taken = (self.inflate.total_in() - before.0) as usize;
            let given = (self.inflate.total_out() - before.1) as usize;
            self.input.consume(taken);
            self.inside = status != Status::StreamEnd;
            match (taken, given) {
                (0, 0) if !buffer.is_empty() => {
                    return Err(malformed("it goes on in no known way"));
                }
                (_, 0) if !buffer.is_empty() => {}
                (_, given) => return Ok(given),
            }
        }
    }
}

/// A file to be read in large pieces.
///
/// # Errors
/// When it can't be opened.
pub(super) fn open(path: &std::path::Path) -> io::Result<Box<dyn Read>> {
    plain(io::BufReader::with_capacity(AT_ONCE, std::fs::File::open(path)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;
    use std::process::Command;

    /// Runs a program in a directory.
    fn run(directory: &Path, words: &[&str]) {
        let (program, arguments) = words.split_first().unwrap();
        let ran = Command::new(program).args(arguments).current_dir(directory).output().unwrap();
        assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    /// The files of an archive, contents and all.
    fn files(input: &[u8]) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut archive = Archive::new(plain(input)?);
        let mut files = Vec::new();
        while let Some(entry) = archive.next()? {
            // What isn't read is passed over.
            if !entry.is_file || entry.path.starts_with("skipped") {
                continue;
            }
            let mut contents = Vec::new();
            archive.read_to_end(&mut contents)?;
            assert_eq!(contents.len() as u64, entry.size);
            files.push((entry.path, contents));
        }
        Ok(files)
    }

    /// A directory with files of many sizes, links and long names; its files as they are to be read.
    fn sample() -> (tempfile::TempDir, Vec<(String, Vec<u8>)>) {
        let directory = tempfile::tempdir().unwrap();
        let long = format!("{}/{}/name", "d".repeat(90), "e".repeat(90));
        let contents = |size: usize| (0..size).map(|at| (at * at % 251) as u8).collect::<Vec<u8>>();
        let mut files = Vec::new();
        for (name, size) in
            [("empty", 0), ("skipped/a", 700), (&*long, 511), ("one/block", 512), ("x", 513)]
        {
            let path = directory.path().join("in").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, contents(size)).unwrap();
            if !name.starts_with("skipped") {
                files.push((name.to_owned(), contents(size)));
            }
        }
        std::os::unix::fs::symlink("x", directory.path().join("in/link")).unwrap();
        files.sort();
        (directory, files)
    }

    #[test]
    fn what_tar_writes_is_read() {
        let (directory, expected) = sample();
        let at = directory.path();
        for format in ["gnu", "posix", "ustar"] {
            let format = format!("--format={format}");
            run(at, &["tar", &format, "--sort=name", "-C", "in", "-cf", "out.tar", "."]);
            let mut found = files(&std::fs::read(at.join("out.tar")).unwrap()).unwrap();
            found.sort();
            assert!(found == expected, "{format}");
            run(at, &["gzip", "-nkf", "out.tar"]);
            let whole = std::fs::read(at.join("out.tar.gz")).unwrap();
            let mut found = files(&whole).unwrap();
            found.sort();
            assert!(found == expected, "{format}, compressed");
        }
    }

    /// Parts that were compressed one by one are one file.
    #[test]
    fn compressed_parts_follow_each_other() {
        let (directory, expected) = sample();
        let script = "tar -C in -cf out.tar . && (head -c 1000 out.tar | gzip; \
                      tail -c +1001 out.tar | gzip) > out.gz";
        run(directory.path(), &["sh", "-c", script]);
        let mut found = files(&std::fs::read(directory.path().join("out.gz")).unwrap()).unwrap();
        found.sort();
        assert!(found == expected);
    }

    /// Cut off or changed anywhere: an error or fewer files, never others.
    #[test]
    fn damage_is_seen() {
        let (directory, _) = sample();
        run(directory.path(), &["tar", "--format=posix", "-C", "in", "-cf", "out.tar", "."]);
        run(directory.path(), &["gzip", "-nkf", "out.tar"]);
        let compressed = std::fs::read(directory.path().join("out.tar.gz")).unwrap();
        for end in 0..compressed.len() {
            assert!(end == 0 || files(&compressed[..end]).is_err(), "{end}");
            let mut changed = compressed.clone();
            changed[end] ^= 0x55;
            // Some bytes of the header mean nothing.
            assert!(end < 10 || files(&changed).is_err(), "{end}");
        }
        let whole = std::fs::read(directory.path().join("out.tar")).unwrap();
        let all = files(&whole).unwrap();
        for end in 0..whole.len() {
            if let Ok(found) = files(&whole[..end]) {
                assert!(all.starts_with(&found), "{end}");
            }
        }
        assert!(files(b"no archive").is_err());
        assert!(files(&[7; 1024]).is_err());
    }

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"00000000017\0"), Some(15));
        assert_eq!(number(b"     17 \0\0\0\0"), Some(15));
        assert_eq!(number(b"\0\0"), Some(0));
        assert_eq!(number(b"9"), None);
        assert_eq!(number(b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), Some(1 << 33));
        assert_eq!(number(&[0xff; 12]), None);
    }
}
