//! The guests of the state machine: one family of modules, each named by its shape.
//!
//! Owns: which items a shape has, its exported functions and its text. A shape is a word of letters: `M` memory, `T` table, `C` a
//! mutable number, `R` a mutable funcref, `K` an immutable funcref; large when the module defines it, small when it imports it;
//! `f` an imported function; `h` the functions of the host; `@` imports come from the instance named `a` instead of the linker.
//! Does not know: the store, nor what calls do.

use std::fmt::Write as _;

/// All shapes. The first ones need nothing, so that short sequences get somewhere.
pub(crate) const SHAPES: [&str; 28] = [
    "", "M", "T", "MTh", "C", "TRKh", "MTCRKh", "K", "m", "t", "f", "th", "mtfh", "fh", "Tf", "tf", "crh",
    "tr", "tkh", "kh", "MTcrkfh", "m@", "tf@", "tkh@", "cf", "mf", "f@", "Mf",
];

/// So many of them, the first, import nothing but functions of the host.
pub(crate) const SHAPES_ALONE: usize = 8;

/// Whether a shape has an item, by its small letter.
pub(crate) fn has(shape: &str, item: char) -> bool {
    shape.contains(item) || shape.contains(item.to_ascii_uppercase())
}

/// Whether references to functions of such a module may reach what it shares with others.
pub(crate) fn can_leak(shape: &str) -> bool {
    "trkh".chars().any(|item| has(shape, item))
}

/// How the start of an instance goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ending {
    Fine,
    /// An element segment past the end of the table, after one that fits.
    ElemOutside,
    /// A data segment past the end of the memory, after one that fits.
    DataOutside,
    /// The start function puts itself into table and global where there are any, and traps.
    Trap,
    /// The start function exits.
    Quit,
    /// As `Quit`, but the host swallows it.
    QuitUnheard,
    /// The start function is called back by the host.
    Back,
    /// The start function calls the imported function.
    Callf,
}

pub(crate) const ENDINGS: [Ending; 8] = [
    Ending::Fine,
    Ending::ElemOutside,
    Ending::DataOutside,
    Ending::Trap,
    Ending::Quit,
    Ending::QuitUnheard,
    Ending::Back,
    Ending::Callf,
];

impl Ending {
    /// This ending, if a module of that shape can have it.
    pub(crate) fn fit(self, shape: &str) -> Self {
        let needs = match self {
            Self::Fine | Self::Trap => return self,
            Self::ElemOutside => 't',
            Self::DataOutside => 'm',
            Self::Quit | Self::QuitUnheard | Self::Back => 'h',
            Self::Callf => 'f',
        };
        if has(shape, needs) { self } else { Self::Fine }
    }
}

macro_rules! functions {
    ($( $fun:ident $name:literal $needs:literal $ty:literal $body:literal; )*) => {
        /// An exported function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Fun { $( $fun, )* }

        /// All of them.
        pub(crate) const FUNS: &[Fun] = &[ $( Fun::$fun, )* ];

        impl Fun {
            /// Its name.
            pub(crate) fn name(self) -> &'static str {
                match self { $( Self::$fun => $name, )* }
            }

            /// Items that it needs.
            fn needs(self) -> &'static str {
                match self { $( Self::$fun => $needs, )* }
            }

            /// Parameters, `>`, results: `i` an i32, `l` an i64, `r` a funcref.
            pub(crate) fn ty(self) -> &'static str {
                match self { $( Self::$fun => $ty, )* }
            }

            fn body(self) -> &'static str {
                match self { $( Self::$fun => $body, )* }
            }
        }
    };
}

functions! {
    Answer "answer" "" ">i" "(global.get $id)";
    Boom "boom" "" ">i" "(unreachable)";
    Odd "odd" "" "l>" "";
    Callf "callf" "f" ">i" "(call $f)";
    Back "back" "h" ">i" "(call $h_back)";
    Quit "quit" "h" ">i" "(call $h_exit (global.get $id)) (i32.const 0)";
    Named "named" "h" "i>i" "(call $h_named (local.get 0))";
    Me "me" "h" ">r" "(ref.func $answer)";
    Mget "mget" "m" "i>i" "(i32.load8_u (local.get 0))";
    Mset "mset" "m" "ii>" "(i32.store8 (local.get 0) (local.get 1))";
    Mgrow "mgrow" "m" "i>i" "(memory.grow (local.get 0))";
    Msize "msize" "m" ">i" "(memory.size)";
    Minit "minit" "m" "iii>" "(memory.init 1 (local.get 0) (local.get 1) (local.get 2))";
    Mdrop "mdrop" "m" ">" "(data.drop 1)";
    Mold "mold" "m" "iii>" "(memory.init 0 (local.get 0) (local.get 1) (local.get 2))";
    At "at" "t" "i>i" "(call_indirect (type $t) (local.get 0))";
    Tput "tput" "t" "ir>" "(table.set (local.get 0) (local.get 1))";
    Tme "tme" "t" "i>" "(table.set (local.get 0) (ref.func $answer))";
    Tf "tf" "tf" "i>" "(table.set (local.get 0) (ref.func $f))";
    Tnull "tnull" "t" "i>" "(table.set (local.get 0) (ref.null func))";
    Tgrow "tgrow" "t" "i>i" "(table.grow (ref.func $answer) (local.get 0))";
    Tfill "tfill" "t" "ii>" "(table.fill (local.get 0) (ref.func $answer) (local.get 1))";
    Tsize "tsize" "t" ">i" "(table.size)";
    Tis "tis" "t" "i>i" "(ref.is_null (table.get (local.get 0)))";
    Tinit "tinit" "t" "iii>" "(table.init 1 (local.get 0) (local.get 1) (local.get 2))";
    Tdrop "tdrop" "t" ">" "(elem.drop 1)";
    Told "told" "t" "iii>" "(table.init 0 (local.get 0) (local.get 1) (local.get 2))";
    Tcopy "tcopy" "t" "iii>" "(table.copy (local.get 0) (local.get 1) (local.get 2))";
    Cget "cget" "c" ">l" "(global.get $c)";
    Cset "cset" "c" "l>" "(global.set $c (local.get 0))";
    Rme "rme" "r" ">" "(global.set $r (ref.func $answer))";
    Rput "rput" "r" "r>" "(global.set $r (local.get 0))";
    Rtab "rtab" "tr" "i>" "(table.set (local.get 0) (global.get $r))";
    Tref "tref" "tr" "i>" "(global.set $r (table.get (local.get 0)))";
    Rcall "rcall" "rh" "i>i" "(call $h_call (global.get $r))";
    Ktab "ktab" "tk" "i>" "(table.set (local.get 0) (global.get $k))";
    Kcall "kcall" "kh" "i>i" "(call $h_call (global.get $k))";
    Hcall "hcall" "th" "i>i" "(call $h_call (table.get (local.get 0)))";
    Htry "htry" "th" "i>i" "(call $h_try (table.get (local.get 0)))";
    Hgive "hgive" "th" "i>" "(table.set (local.get 0) (call $h_give))";
}

impl Fun {
    /// Whether a module of this shape has it.
    pub(crate) fn exists(self, shape: &str) -> bool {
        self.needs().chars().all(|item| has(shape, item))
    }

    /// Whether it takes nothing and returns an i32, as all calls through tables want.
    pub(crate) fn is_plain(self) -> bool {
        self.ty() == ">i"
    }
}

/// Where the passive segments lie, and what they hold.
pub(crate) const PASSIVE_DATA: &[u8] = b"wxyz";
/// What the active data segment writes, and where.
pub(crate) const ACTIVE_DATA: (u64, &[u8]) = (8, b"AB");
/// Elements that an imported table must have.
pub(crate) const TABLE_MIN: usize = 4;
/// Elements that an own table may have.
pub(crate) const TABLE_MAX: usize = 8;
/// Pages that an own memory may have.
pub(crate) const MEMORY_MAX: u64 = 3;
/// Numbers of the segments that do not fit.
pub(crate) const ELEM_OUTSIDE: u32 = 3;
pub(crate) const DATA_OUTSIDE: u32 = 2;

/// The module.
pub(crate) fn text(shape: &str, ending: Ending) -> String {
    let from = if shape.contains('@') { "a" } else { "i" };
    let mut text = String::from("(module (type $t (func (result i32)))\n");
    let mut line = |words: &str| writeln!(text, "  {words}").unwrap();
    line(r#"(import "i" "id" (global $id i32))"#);
    let imported = [
        ('f', "answer", "(func $f (result i32))"),
        ('m', "m", "(memory 1)"),
        ('t', "t", "(table 4 funcref)"),
        ('c', "c", "(global $c (mut i64))"),
        ('r', "r", "(global $r (mut funcref))"),
        ('k', "k", "(global $k funcref)"),
    ];
    for (item, name, ty) in imported {
        if shape.contains(item) {
            line(&format!("(import {from:?} {name:?} {ty})"));
        }
    }
    if has(shape, 'h') {
        for (name, ty) in [
            ("call", "(param funcref) (result i32)"),
            ("try", "(param funcref) (result i32)"),
            ("back", "(result i32)"),
            ("exit", "(param i32)"),
            ("named", "(param i32) (result i32)"),
            ("give", "(result funcref)"),
        ] {
            line(&format!("(import \"h\" {name:?} (func $h_{name} {ty}))"));
        }
    }
    let own = [
        ('M', "(memory 1 3)"),
        ('T', "(table 4 8 funcref)"),
        ('C', "(global $c (mut i64) (i64.const 5))"),
        ('R', "(global $r (mut funcref) (ref.null func))"),
        ('K', "(global $k funcref (ref.func $answer))"),
    ];
    for (item, definition) in own {
        if shape.contains(item) {
            line(definition);
        }
    }
    for (item, name, what) in [
        ('f', "f", "(func $f)"),
        ('m', "m", "(memory 0)"),
        ('t', "t", "(table 0)"),
        ('c', "c", "(global $c)"),
        ('r', "r", "(global $r)"),
        ('k', "k", "(global $k)"),
    ] {
        if has(shape, item) {
            line(&format!("(export {name:?} {what})"));
        }
    }
    segments(shape, ending, &mut line);
    FUNS.iter().filter(|fun| fun.exists(shape)).for_each(|fun| line(&function(*fun)));
    start(shape, ending, &mut line);
    text + ")"
}

fn segments(shape: &str, ending: Ending, line: &mut impl FnMut(&str)) {
    if has(shape, 't') {
        let f = if shape.contains('f') { "(ref.func $f)" } else { "" };
        let k = if shape.contains('k') { "(global.get $k)" } else { "" };
        line("(elem (i32.const 0) func $answer)");
        line(&format!("(elem funcref (ref.func $answer) (ref.null func) {f} {k})"));
        line("(elem declare func $answer)");
        if ending == Ending::ElemOutside {
            line("(elem (i32.const 7) func $answer $answer)");
        }
    }
    if has(shape, 'm') {
        line("(data (i32.const 8) \"AB\") (data \"wxyz\")");
        if ending == Ending::DataOutside {
            line("(data (i32.const 0x7fffffff) \"x\")");
        }
    }
}

fn function(fun: Fun) -> String {
    let word = |letter| match letter {
        'i' => "i32",
        'l' => "i64",
        _ => "funcref",
    };
    let (params, results) = fun.ty().split_once('>').unwrap();
    let types = |letters: &str| letters.chars().map(word).collect::<Vec<_>>().join(" ");
    let (name, body) = (fun.name(), fun.body());
    format!("(func ${name} (export {name:?}) (param {}) (result {}) {body})", types(params), types(results))
}

fn start(shape: &str, ending: Ending, line: &mut impl FnMut(&str)) {
    let put = |item, put| if has(shape, item) { put } else { "" };
    let body = match ending {
        Ending::Fine | Ending::ElemOutside | Ending::DataOutside => return,
        Ending::Trap => format!(
            "{} {} (unreachable)",
            put('t', "(table.set (i32.const 1) (ref.func $answer))"),
            put('r', "(global.set $r (ref.func $answer))")
        ),
        Ending::Quit => "(drop (call $quit))".into(),
        Ending::QuitUnheard => "(drop (call $h_try (ref.func $quit)))".into(),
        Ending::Back => "(drop (call $back))".into(),
        Ending::Callf => "(drop (call $callf))".into(),
    };
    line(&format!("(func $s {body}) (start $s)"));
}
