//! Checks JSON against those parts of JSON Schema that our schemas use. What it doesn't know is a mistake of
//! the schema.

use serde_json::{Map, Value};

/// What doesn't fit, each with its place.
pub(crate) fn misfits(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let schema = schema.as_object().expect("a schema is an object");
    for (keyword, wanted) in schema {
        let mut wrong = |what: String| found.push(format!("{place}: {what}"));
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "properties" => {}
            "type" => {
                let kinds = match wanted {
                    Value::Array(kinds) => kinds.clone(),
                    kind => vec![kind.clone()],
                };
                if !kinds.iter().any(|kind| is(value, kind.as_str().expect("a type's name"))) {
                    wrong(format!("{value} is no {wanted}"));
                }
            }
            "const" if wanted != value => wrong(format!("{value} isn't {wanted}")),
            "const" => {}
            "enum" if !wanted.as_array().expect("values").contains(value) => {
                wrong(format!("{value} is none of {wanted}"));
            }
            "enum" => {}
            "minimum" => {
                let least = wanted.as_f64().expect("a number");
                if value.as_f64().is_some_and(|value| value < least) {
                    wrong(format!("{value} is less than {wanted}"));
                }
            }
            "pattern" => {
                let pattern = regex::Regex::new(wanted.as_str().expect("a pattern")).expect("one");
                if value.as_str().is_some_and(|text| !pattern.is_match(text)) {
                    wrong(format!("{value} isn't like {wanted}"));
                }
            }
            "required" => {
                let names = wanted.as_array().expect("names").iter().filter_map(Value::as_str);
                let missing = names.filter(|name| value.is_object() && value.get(name).is_none());
                missing.for_each(|name| found.push(format!("{place}: there is no `{name}`")));
            }
            "additionalProperties" => fields(root, schema, value, place, found),
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{place}[{at}]"), found);
                }
            }
            "anyOf" => {
                let ways = wanted.as_array().expect("schemas").iter().map(|schema| {
                    let mut found = Vec::new();
                    check(root, schema, value, place, &mut found);
                    found
                });
                let ways: Vec<Vec<String>> = ways.collect();
                if !ways.iter().any(Vec::is_empty) {
                    let nearest = ways.into_iter().min_by_key(Vec::len).unwrap_or_default();
                    found.push(format!("{place}: fits in no way; the nearest:"));
                    found.extend(nearest);
                }
            }
            "$ref" => {
                let path = wanted.as_str().and_then(|text| text.strip_prefix('#'));
                let meant = path.and_then(|path| root.pointer(path)).expect("it is defined");
                check(root, meant, value, place, found);
            }
            other => panic!("the schema says `{other}`, which isn't checked"),
        }
    }
}

/// The fields of an object, known and unknown.
fn fields(
    root: &Value,
    schema: &Map<String, Value>,
    value: &Value,
    place: &str,
    found: &mut Vec<String>,
) {
    let known = schema.get("properties");
    for (name, field) in value.as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        match (known.and_then(|known| known.get(name)), &schema["additionalProperties"]) {
            (Some(schema), _) => check(root, schema, field, &place, found),
            (None, Value::Bool(true)) => {}
            (None, Value::Bool(false)) => found.push(format!("{place}: nothing says what it is")),
            (None, schema) => check(root, schema, field, &place, found),
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type `{other}`"),
    }
}
