//! Evaluations of many shapes, each small: from text to result, the session's beginning and end
//! included (`nothing` says what those cost).

mod common;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    common::main();
}

/// A bench per program, which must give this answer.
macro_rules! programs {
    ($($(#[$doc:meta])* $name:ident: $answer:literal = $text:literal;)*) => {
        $($(#[$doc])* #[divan::bench]
        fn $name() {
            assert_eq!(common::integer($text), $answer);
        })*
    };
}

programs! {
    /// A session that does nothing.
    nothing: 1 = "1";

    /// Calls.
    fib: 10_946 = "let fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2); in fib 21";

    /// Calls within calls.
    deep: 63_007 = "
        let down = n: if n == 0 then 0 else 1 + down (n - 1);
        in builtins.foldl' (a: i: a + down 9001) 0 [ 1 2 3 4 5 6 7 ]";

    /// A strict fold.
    foldl: 4_999_950_000 = "builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: i) 100000)";

    /// Names found through a set, a formal, a `with` and a `rec`.
    select: 50_045_000 = "
        let
          wide = builtins.listToAttrs
            (builtins.genList (i: { name = \"n${toString i}\"; value = i; }) 100);
          own = rec { a = 1; b = a + 1; };
          f = with wide; { x, y ? x, ... }: x - y + wide.n7 + own.b + n1 + (wide.none or 0);
        in builtins.foldl' (a: i: a + i + f { x = i; } - 5) 0 (builtins.genList (i: i) 10000)";

    /// Chains of `//` on a small set.
    update: 19_997 = "
        let
          even = i: i / 2 * 2 == i;
          last = builtins.foldl' (s: i: s // { ${if even i then \"even\" else \"odd\"} = i; })
            { even = 0; odd = 0; } (builtins.genList (i: i) 10000);
        in last.even + last.odd";

    /// Small sets laid over a large one.
    layers: 2000 = "
        let
          large = builtins.listToAttrs
            (builtins.genList (i: { name = \"n${toString i}\"; value = i; }) 2000);
          step = s: i: let t = s // { n5 = i; more = s.n1999; }; in builtins.seq t.n5 t;
          last = builtins.foldl' step large (builtins.genList (i: i) 5000);
        in builtins.length (builtins.attrNames last) + last.n5 - 5000";

    /// Interpolation, joining, replacing, cutting.
    strings: 168_890 = "
        let
          pieces = builtins.genList (i: \"<${toString i}>\") 20000;
          all = builtins.concatStringsSep \", \" pieces;
          escaped = builtins.replaceStrings [ \"<\" \">\" ] [ \"&lt;\" \"&gt;\" ] all;
        in builtins.stringLength escaped + builtins.stringLength (builtins.substring 5 3 all) - 3 - 119998";

    /// `acc ++ [ x ]` in a fold.
    append_list: 20_000 = "
        builtins.length (builtins.foldl' (all: i: all ++ [ i ]) [ ] (builtins.genList (i: i) 20000))";

    /// `acc + s` in a fold.
    append_string: 40_000 = "
        builtins.stringLength
          (builtins.foldl' (all: i: all + \"ab\") \"\" (builtins.genList (i: i) 20000))";

    /// A large set by names that are made.
    list_to_attrs: 30_000 = "
        let s = builtins.listToAttrs
          (builtins.genList (i: { name = \"key${toString i}\"; value = i; }) 20000);
        in s.key19999 + builtins.length (builtins.attrNames s) - 9999";

    /// Sorting with a function of the program's own.
    sort: 19_999 = "
        let
          scatter = i: i * 7919 - 20000 * (i * 7919 / 20000);
          sorted = builtins.sort (a: b: a < b) (builtins.genList scatter 20000);
        in builtins.elemAt sorted 19999";

    /// A graph walked to its end.
    generic_closure: 20_000 = "
        let n = 20000; in builtins.length (builtins.genericClosure {
          startSet = [ { key = 1; } ];
          operator = { key }:
            builtins.filter (x: x.key <= n) [ { key = 2 * key; } { key = 2 * key + 1; } ];
        })";

    /// Thunks that are needed once, needed later, or never.
    lazy: 40_000 = "
        let
          n = 20000;
          cell = i: rec { own = 2; none = throw \"no\"; far = if i == 0 then own else own; };
          cells = builtins.genList cell n;
        in builtins.foldl' (a: c: a + c.far) 0 cells";

    /// To JSON, back, and to JSON again.
    json: 2 = "
        let
          record = i: { id = i; name = \"n ${toString i}\"; tags = [ true null 1.5 ]; };
          text = builtins.toJSON (builtins.genList record 5000);
        in if builtins.toJSON (builtins.fromJSON text) == text then 2 else 3";
}
