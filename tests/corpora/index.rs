//! The folder of modules and its `index.json`: a list of objects, one per module, of which these members are read.
//!
//! | member | holds |
//! |---|---|
//! | `file` | where the module lies in the folder |
//! | `group` | which kind it is of, and whom it comes from |
//! | `feats` | what it needs beyond WebAssembly 1.0: names joined by `+` |
//! | `entry` | the export to call |
//! | `how` | arguments, input and directories, in words |
//! | `ans` | the right answer, in words (see `answer`) |
//! | `sha` | SHA-256 of the file |
//!
//! Owns: reading it, and which groups are what. Does not know: how a module is tried.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::report::Verdict;

/// Groups of programs that are run.
const PROGRAMS: &[&str] = &[
    "bench/polybench",
    "bench/wasm-r3",
    "bench/classic",
    "bench/wasm3-wasi",
    "bench/libsodium-paper",
    "bench/sightglass",
];
/// The group of game carts.
const CARTS: &str = "real/wasm4";
/// What the groups of modules from real software start with.
const REAL: &str = "real/";
/// Needs that are met: WebAssembly 2.0 without its vector instructions, and floats.
const MET: &[&str] =
    &["", "floats", "mutable-global", "sign-ext", "sat-float", "multi-value", "bulk-mem", "ref-types"];

/// The folder and what it holds.
pub(crate) struct Index {
    folder: PathBuf,
    pub(crate) rows: Vec<Row>,
}

/// A module.
pub(crate) struct Row {
    pub(crate) file: String,
    pub(crate) entry: String,
    pub(crate) how: String,
    pub(crate) answer: String,
    group: String,
    features: String,
    sha: String,
}

impl Index {
    pub(crate) fn read(folder: &Path) -> Result<Self, String> {
        let path = folder.join("index.json");
        let text = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let json: Vec<serde_json::Value> =
            serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let rows = json.iter().map(Row::read).collect::<Result<_, _>>()?;
        Ok(Self { folder: folder.to_owned(), rows })
    }

    /// The folder that a module lies in.
    pub(crate) fn folder_of(&self, row: &Row) -> PathBuf {
        let path = self.folder.join(&row.file);
        path.parent().unwrap_or(&self.folder).to_owned()
    }

    /// The bytes of a module that can be tried, and are the ones that the index describes.
    pub(crate) fn module(&self, row: &Row) -> Result<Vec<u8>, Verdict> {
        if let Some(feature) = row.unmet() {
            return Err(Verdict::Skipped(format!("needs {feature}")));
        }
        let path = self.folder.join(&row.file);
        let bytes = read(&path)?.ok_or_else(|| Verdict::Skipped("missing".to_owned()))?;
        if hex(&Sha256::digest(&bytes)) != row.sha {
            return Err(Verdict::Failed("is not the file of the index: another hash".to_owned()));
        }
        Ok(bytes)
    }
}

impl Row {
    fn read(json: &serde_json::Value) -> Result<Self, String> {
        let member = |name: &str| {
            let text = json.get(name).and_then(serde_json::Value::as_str);
            text.map(str::to_owned).ok_or_else(|| format!("index.json: no text `{name}` in {json}"))
        };
        Ok(Self {
            file: member("file")?,
            group: member("group")?,
            features: member("feats")?,
            entry: member("entry")?,
            how: member("how")?,
            answer: member("ans")?,
            sha: member("sha")?,
        })
    }

    pub(crate) fn is_program(&self) -> bool {
        PROGRAMS.contains(&&*self.group)
    }

    pub(crate) fn is_cart(&self) -> bool {
        self.group == CARTS
    }

    pub(crate) fn is_real(&self) -> bool {
        self.group.starts_with(REAL)
    }

    /// The file's name without its folder.
    pub(crate) fn base_name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }

    fn unmet(&self) -> Option<&str> {
        self.features.split('+').find(|feature| !MET.contains(feature))
    }
}

/// A file's bytes; `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, Verdict> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Verdict::Failed(format!("{}: {error}", path.display()))),
    }
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first 16 digits of the SHA-256 of bytes, as answers give it.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..8])
}
