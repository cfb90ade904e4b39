//! Which mods there are.
//!
//! Owns: the list. Does not know: how guests are run.

/// A mod that the game comes with.
#[derive(Debug)]
pub(crate) struct Mod {
    pub(crate) name: &'static str,
    /// Its module: text, or what a compiler for C made (see `guests/build.sh`).
    pub(crate) source: &'static [u8],
    /// How many of a hundred instances run it at first. One does at least, unless this is 0.
    pub(crate) percent: usize,
    /// Whether another instance takes the place of one that is freed.
    pub(crate) is_replaced: bool,
    /// What it does, for the report.
    pub(crate) about: &'static str,
}

macro_rules! mods {
    ($($name:ident $kind:ident $percent:literal $is_replaced:literal $about:literal;)*) => {
        /// All of them, in the order in which they get their turns.
        pub(crate) const MODS: &[Mod] = &[$(Mod {
            name: stringify!($name),
            source: include_bytes!(concat!("guests/", stringify!($name), ".", stringify!($kind))),
            percent: $percent,
            is_replaced: $is_replaced,
            about: $about,
        }),*];
    };
}

mods! {
    wanderer wat 22 true "walks at random";
    spawner wat 6 true "asks for sparks";
    spark wat 0 false "is gone after two seconds";
    economy wat 8 true "trades in whole cents";
    weather wat 1 true "makes the wind of all";
    flock wat 4 true "twelve birds, each looking at all";
    pathfinder wat 2 true "ways across a map, with a heap";
    villager wat 14 true "follows a script, grows old";
    particles wasm 10 true "a fountain of 48 particles";
    life wasm 6 true "Conway's game, 32 cells at once";
    chat wasm 7 true "stars out bad words";
    loot wasm 7 true "weighted tables, alias method";
    minimap wasm 4 true "draws lines, fades to fog";
    inventory wasm 4 true "keeps a bag sorted";
    spells wasm 4 true "parses spells, runs their bytecode";
    gremlin wat 1 true "hostile: fails each turn";
}

/// The mod that guests can ask to be spawned.
pub(crate) const SPARK: &str = "spark";
