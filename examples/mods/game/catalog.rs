//! Which mods there are.
//!
//! Owns: the list. Does not know: how guests are run.

/// A mod that the game comes with.
#[derive(Debug)]
pub(crate) struct Mod {
    pub(crate) name: &'static str,
    /// Its module, in the text format.
    pub(crate) wat: &'static str,
    /// How many of a hundred instances run it at first. One does at least, unless this is 0.
    pub(crate) percent: usize,
    /// Whether another instance takes the place of one that is freed.
    pub(crate) is_replaced: bool,
    /// What it does, for the report.
    pub(crate) about: &'static str,
}

macro_rules! mods {
    ($($name:ident $percent:literal $is_replaced:literal $about:literal;)*) => {
        /// All of them, in the order in which they get their turns.
        pub(crate) const MODS: &[Mod] = &[$(Mod {
            name: stringify!($name),
            wat: include_str!(concat!("guests/", stringify!($name), ".wat")),
            percent: $percent,
            is_replaced: $is_replaced,
            about: $about,
        }),*];
    };
}

mods! {
    wanderer 25 true "walks at random";
    spawner 10 true "asks for sparks";
    spark 0 false "is gone after two seconds";
    economy 12 true "trades in whole cents";
    weather 1 true "makes the wind of all";
    flock 12 true "twelve birds, each looking at all";
    pathfinder 10 true "ways across a map, with a heap";
    villager 22 true "follows a script, grows old";
    gremlin 8 true "traps now and then";
}

/// The mod that guests can ask to be spawned.
pub(crate) const SPARK: &str = "spark";
