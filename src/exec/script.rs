//! What stands before a stage's own script, and what it is called with.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::place::at;

/// Stands in a script's own lines for the directory of the lab that it lies in, three below.
pub(super) const LAB: &str = "@repx-lab@";

/// The whole text of a script: `SCRIPT OUT INPUTS_JSON PARAMETERS_JSON`.
///
/// The arrays come from a file of assignments, which costs the shell nothing to read; called by hand the
/// script reads them from JSON, as upstream's do. What lies in the same directory of a [lab](LAB) is found from there,
/// also the `files` that parameters name.
pub(super) fn whole(
    shell: &str,
    path: &str,
    text: &[u8],
    files: &BTreeMap<String, PathBuf>,
) -> Vec<u8> {
    let text = [b"set -x\n", text].concat();
    let moves = memchr::memmem::find(&text, LAB.as_bytes()).is_some();
    let place = match moves || path.contains(LAB) || !files.is_empty() {
        true => WHERE,
        false => "",
    };
    let head = format!(
        r#"#!{shell}
# Written by repx. Called with OUT INPUTS_JSON PARAMETERS_JSON.
set -euo pipefail
{place}export PATH={path}
export out="$1" inputs_json="${{2-}}" parameters_json="${{3-}}"
declare -A inputs=() params=() parameters=()
if [[ -n "${{REPX_ARRAYS-}}" ]]; then
  source "$REPX_ARRAYS"
else
  repx_pairs() {{
    jq -j 'to_entries[] | .key, "\u0000", (.value | if type == "array" then map(tostring) | join(" ")
      elif . == null then "" else tostring end), "\u0000"' "$1"
  }}
  if [[ -f "$inputs_json" ]]; then
    while IFS= read -r -d '' key && IFS= read -r -d '' value; do
      inputs["$key"]=$value
    done < <(repx_pairs "$inputs_json")
  fi
  if [[ -f "$parameters_json" ]]; then
    while IFS= read -r -d '' key && IFS= read -r -d '' value; do
{files}      params["$key"]=$value
      parameters["$key"]=$value
    done < <(repx_pairs "$parameters_json")
  fi
  mkdir -p -- "$out"
  chmod -R u+w -- "$out"
  find "$out" -mindepth 1 -not -name 'slurm-*.out' -delete
fi
unset REPX_ARRAYS
cd -- "$out"
"#,
        path = String::from_utf8_lossy(&spliced(path.as_bytes())),
        files = files.iter().map(|(path, place)| found(path, place)).collect::<String>(),
    );
    match moves {
        true => [head.as_bytes(), b"eval ", &spliced(&text), b"\n"].concat(),
        false => [head.as_bytes(), &text].concat(),
    }
}

/// Finds the directory of the lab, three above the script. A path that means something else without quotes, or in a
/// list of directories, gives way to one that lasts as long as the script.
const WHERE: &str = r#"repx_lab=${BASH_SOURCE[0]}
[[ "$repx_lab" == */* ]] || repx_lab=./$repx_lab
repx_lab=$(cd -- "${repx_lab%/*}/../../.." && pwd -P)
if [[ "$repx_lab" == *[!a-zA-Z0-9/._+=,@%-]* ]]; then
  exec {repx_fd}<"$repx_lab"
  repx_lab=/proc/$$/fd/$repx_fd
fi
"#;

/// Says of a file that a parameter names where it lies in the lab's directory.
fn found(path: &str, place: &Path) -> String {
    let place = spliced(format!("{LAB}/{}", place.display()).as_bytes());
    format!("      value=${{value//{}/{}}}\n", quoted(path), String::from_utf8_lossy(&place))
}

/// A text as one word of the shell, in which the lab's directory is a variable.
fn spliced(text: &[u8]) -> Vec<u8> {
    let mut word = b"'".to_vec();
    let mut from = 0;
    for at in memchr::memmem::find_iter(text, LAB.as_bytes()) {
        word.extend(escaped(text.get(from..at).unwrap_or_default()));
        word.extend_from_slice(b"'\"$repx_lab\"'");
        from = at + LAB.len();
    }
    word.extend(escaped(text.get(from..).unwrap_or_default()));
    word.push(b'\'');
    word
}

/// What stands between quotes.
fn escaped(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'\'' => escaped.extend_from_slice(br"'\''"),
            byte => escaped.push(*byte),
        }
    }
    escaped
}

/// The assignments of a call, and its two JSON texts.
pub(super) struct Call {
    arrays: String,
    inputs: String,
    params: String,
}

/// What a script is called with: inputs and their paths, parameters and their values as JSON.
pub(super) fn call(inputs: &[(String, String)], params: &[(String, String)]) -> Call {
    let mut arrays = String::new();
    let mut assign = |array: &str, name: &str, value: &str| {
        // A string takes all that is written to it.
        let _ = writeln!(arrays, "{array}[{}]={}", quoted(name), quoted(value));
    };
    let text = |text: &str| Value::from(text).to_string();
    let mut parts = Vec::new();
    for (name, path) in inputs {
        assign("inputs", name, path);
        parts.push(format!("  {}: {}", text(name), text(path)));
    }
    let inputs = object(&parts);
    parts.clear();
    for (name, json) in params {
        let word = word(json);
        assign("params", name, &word);
        assign("parameters", name, &word);
        parts.push(format!("  {}: {json}", text(name)));
    }
    let params = object(&parts);
    Call { arrays, inputs, params }
}

impl Call {
    /// Writes all of it to files in a directory: inputs, parameters, assignments.
    pub(super) fn write(&self, directory: &Path) -> io::Result<[PathBuf; 3]> {
        let paths =
            ["inputs.json", "parameters.json", "arrays.bash"].map(|name| directory.join(name));
        for (path, text) in paths.iter().zip([&self.inputs, &self.params, &self.arrays]) {
            fs::write(path, text).map_err(|error| at(path, &error))?;
        }
        Ok(paths)
    }
}

fn object(parts: &[String]) -> String {
    match parts {
        [] => "{}\n".to_owned(),
        parts => format!("{{\n{}\n}}\n", parts.join(",\n")),
    }
}

/// A value as a variable of the shell has it: strings as they are, numbers as they are written, nothing for
/// null, lists joined by spaces, sets as JSON.
fn word(json: &str) -> String {
    match serde_json::from_str(json) {
        Ok(Value::String(text)) => text,
        Ok(Value::Null) => String::new(),
        Ok(Value::Array(items)) => {
            let words: Vec<String> = items.iter().map(|item| word(&item.to_string())).collect();
            words.join(" ")
        }
        Ok(Value::Bool(_) | Value::Number(_) | Value::Object(_)) | Err(_) => json.to_owned(),
    }
}

/// A text as one word of the shell, whatever is in it.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_words() {
        let pairs = [
            (r#""it's \"so\"\n""#, "it's \"so\"\n"),
            ("0.1", "0.1"),
            ("1e300", "1e300"),
            ("true", "true"),
            ("null", ""),
            (r#"["a b",1,null]"#, "a b 1 "),
            (r#"{"a":1}"#, r#"{"a":1}"#),
        ];
        for (json, expected) in pairs {
            assert_eq!(word(json), expected);
        }
    }

    #[test]
    fn a_call_is_json_and_assignments() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let call = call(&[pair("a", "/x'y")], &[pair("n", "1")]);
        assert_eq!(call.inputs, "{\n  \"a\": \"/x'y\"\n}\n");
        assert_eq!(call.params, "{\n  \"n\": 1\n}\n");
        assert_eq!(call.arrays, "inputs['a']='/x'\\''y'\nparams['n']='1'\nparameters['n']='1'\n");
    }
}
