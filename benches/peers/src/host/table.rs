//! The table of host functions: module, name, signature, and the Rust function behind it.

use super::errno::Errno;
use super::{Exit, Host, Memory, files, paths, process};

type Wasi = fn(&mut Host, &mut Memory<'_>, &[u64]) -> Result<(), Errno>;
type Plain = fn(&mut Host, &[u64]) -> Result<u64, Exit>;

#[derive(Clone, Copy)]
enum Body {
    /// Answers an error number, 0 for success.
    Wasi(Wasi),
    /// Answers a value, or nothing, or ends the guest.
    Plain(Plain),
}

/// One importable function.
pub struct HostFn {
    modules: &'static [&'static str],
    name: &'static str,
    /// Parameters, then `:`, then the result if any; `i` is i32, `I` is i64.
    signature: &'static str,
    body: Body,
}

impl HostFn {
    /// Parameter types, each `i` or `I`.
    pub fn params(&self) -> impl Iterator<Item = char> {
        self.signature.chars().take_while(|&c| c != ':')
    }

    /// Result type, if it has one.
    pub fn result(&self) -> Option<char> {
        self.signature.chars().skip_while(|&c| c != ':').nth(1)
    }

    /// Calls it. An i32 argument has a zero upper half; an i32 result is in the lower half.
    pub fn call(&self, host: &mut Host, mut memory: Memory<'_>, args: &[u64]) -> Result<u64, Exit> {
        match self.body {
            Body::Wasi(function) => {
                Ok(function(host, &mut memory, args).map_or_else(|errno| errno.0.into(), |()| 0))
            }
            Body::Plain(function) => function(host, args),
        }
    }
}

/// The function that an import names.
pub fn lookup(module: &str, name: &str) -> Option<&'static HostFn> {
    FUNCTIONS.iter().find(|function| function.name == name && function.modules.contains(&module))
}

const P1: &[&str] = &["wasi_snapshot_preview1"];
const OLD: &[&str] = &["wasi_unstable"];
const BOTH: &[&str] = &["wasi_snapshot_preview1", "wasi_unstable"];

const fn wasi(
    modules: &'static [&'static str],
    name: &'static str,
    signature: &'static str,
    function: Wasi,
) -> HostFn {
    HostFn { modules, name, signature, body: Body::Wasi(function) }
}

const fn plain(
    modules: &'static [&'static str],
    name: &'static str,
    signature: &'static str,
    function: Plain,
) -> HostFn {
    HostFn { modules, name, signature, body: Body::Plain(function) }
}

/// Every importable function. The two interfaces of WASI differ in three places.
static FUNCTIONS: [HostFn; 32] = [
    plain(&["bench"], "start", ":", process::bench_start),
    plain(&["bench"], "end", ":", process::bench_end),
    plain(&["env"], "clock_ms", ":I", process::clock_ms),
    plain(BOTH, "proc_exit", "i:", process::proc_exit),
    wasi(BOTH, "args_get", "ii:i", process::args_get),
    wasi(BOTH, "args_sizes_get", "ii:i", process::args_sizes_get),
    wasi(BOTH, "environ_get", "ii:i", process::environ_get),
    wasi(BOTH, "environ_sizes_get", "ii:i", process::environ_sizes_get),
    wasi(BOTH, "clock_res_get", "ii:i", process::clock_res_get),
    wasi(BOTH, "clock_time_get", "iIi:i", process::clock_time_get),
    wasi(BOTH, "random_get", "ii:i", process::random_get),
    wasi(BOTH, "sched_yield", ":i", process::sched_yield),
    wasi(P1, "poll_oneoff", "iiii:i", process::poll_oneoff),
    wasi(BOTH, "fd_close", "i:i", files::fd_close),
    wasi(BOTH, "fd_fdstat_get", "ii:i", files::fd_fdstat_get),
    wasi(BOTH, "fd_fdstat_set_flags", "ii:i", files::fd_fdstat_set_flags),
    wasi(P1, "fd_filestat_get", "ii:i", paths::fd_filestat_get),
    wasi(OLD, "fd_filestat_get", "ii:i", paths::fd_filestat_get_old),
    wasi(BOTH, "fd_prestat_get", "ii:i", files::fd_prestat_get),
    wasi(BOTH, "fd_prestat_dir_name", "iii:i", files::fd_prestat_dir_name),
    wasi(BOTH, "fd_read", "iiii:i", files::fd_read),
    wasi(BOTH, "fd_write", "iiii:i", files::fd_write),
    wasi(P1, "fd_seek", "iIii:i", files::fd_seek),
    wasi(OLD, "fd_seek", "iIii:i", files::fd_seek_old),
    wasi(BOTH, "fd_tell", "ii:i", files::fd_tell),
    wasi(BOTH, "fd_sync", "i:i", files::fd_sync),
    wasi(BOTH, "path_open", "iiiiiIIii:i", paths::path_open),
    wasi(P1, "path_filestat_get", "iiiii:i", paths::path_filestat_get),
    wasi(OLD, "path_filestat_get", "iiiii:i", paths::path_filestat_get_old),
    wasi(BOTH, "path_unlink_file", "iii:i", paths::path_unlink_file),
    wasi(BOTH, "path_create_directory", "iii:i", paths::path_create_directory),
    wasi(BOTH, "path_remove_directory", "iii:i", paths::path_remove_directory),
];

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, lookup};
    use crate::host::ARGS_MAX;

    #[test]
    fn rows_are_unique_and_signatures_read() {
        for (at, row) in FUNCTIONS.iter().enumerate() {
            assert!(
                row.params().all(|c| "iI".contains(c)) && row.params().count() <= ARGS_MAX,
                "{}",
                row.name
            );
            assert!(row.result().is_none_or(|c| "iI".contains(c)), "{}", row.name);
            for module in row.modules {
                let found = lookup(module, row.name).expect("its own row");
                assert!(std::ptr::eq(found, &raw const FUNCTIONS[at]), "{module}.{} occurs twice", row.name);
            }
        }
    }
}
