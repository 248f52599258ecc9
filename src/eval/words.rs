//! Attribute names with a meaning of their own, interned once.

use std::sync::LazyLock;

use crate::source::Name;

macro_rules! words {
    ($($field:ident = $text:literal),* $(,)?) => {
        /// Names that evaluation itself looks for.
        #[allow(missing_docs)] // each is the name it is called by
        #[derive(Debug)]
        pub struct Words { $(pub $field: Name),* }

        static WORDS: LazyLock<Words> = LazyLock::new(|| Words { $($field: Name::new($text)),* });
    };
}

words! {
    functor = "__functor",
    to_string = "__toString",
    out_path = "outPath",
    drv_path = "drvPath",
    type_ = "type",
    name = "name",
    value = "value",
    key = "key",
    start_set = "startSet",
    operator = "operator",
    file = "file",
    line = "line",
    column = "column",
    right = "right",
    wrong = "wrong",
    success = "success",
    path = "path",
    prefix = "prefix",
    version = "version",
    overrides = "__overrides",
    function_args = "__functionArgs",
    ignore_nulls = "__ignoreNulls",
    structured_attrs = "__structuredAttrs",
    all_outputs = "allOutputs",
    outputs = "outputs",
    system = "system",
    builder = "builder",
    args = "args",
    output_hash = "outputHash",
    output_hash_algo = "outputHashAlgo",
    output_hash_mode = "outputHashMode",
    filter = "filter",
    recursive = "recursive",
    sha256 = "sha256",
    src = "src",
    lib = "lib",
}

/// The names.
#[inline]
pub fn words() -> &'static Words {
    &WORDS
}
