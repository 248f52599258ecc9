//! What stands before a stage's own script, and what it is called with.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The whole text of a script: `SCRIPT OUT INPUTS_JSON PARAMETERS_JSON`.
///
/// The arrays come from a file of assignments, which costs the shell nothing to read; called by hand the
/// script reads them from JSON, as upstream's do.
pub(super) fn whole(shell: &str, path: &str, text: &[u8]) -> Vec<u8> {
    let head = format!(
        r#"#!{shell}
# Written by repx. Called with OUT INPUTS_JSON PARAMETERS_JSON.
set -euo pipefail
export PATH={path}
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
      params["$key"]=$value
      parameters["$key"]=$value
    done < <(repx_pairs "$parameters_json")
  fi
  mkdir -p -- "$out"
  chmod -R u+w -- "$out"
  find "$out" -mindepth 1 -not -name 'slurm-*.out' -delete
fi
unset REPX_ARRAYS
cd -- "$out"
set -x
"#,
        path = quoted(path),
    );
    [head.as_bytes(), text].concat()
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
            fs::write(path, text)?;
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
