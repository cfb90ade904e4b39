//! The functions as imports.
//!
//! Owns: the table of names and signatures, [`add_to_linker`], `proc_exit`. Does not know: what the calls do.

use skep::{Caller, Error, Linker};

use crate::WasiCtx;
use crate::errno::Errno;
use crate::guest::{Abi, Guest};

/// Where a guest's data keeps its [`WasiCtx`].
type Get<T> = fn(&mut T) -> &mut WasiCtx;

/// Each function by its name, with the types of its parameters. All answer an error number.
macro_rules! functions {
    ($($name:ident($($arg:ident: $ty:ty),*);)*) => {
        /// The names of the functions that do something, `proc_exit` apart.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        fn link_functions<T: 'static>(
            linker: &mut Linker<T>,
            module: &str,
            abi: Abi,
            get: Get<T>,
        ) -> Result<(), Error> {
            $(linker.func(
                module,
                stringify!($name),
                move |mut caller: Caller<'_, T>, $($arg: $ty),*| -> Result<u32, Error> {
                    with_guest(&mut caller, abi, get, |ctx, guest| ctx.$name(guest, ($($arg,)*)))
                },
            )?;)*
            Ok(())
        }
    };
}

functions! {
    args_get(a: u32, b: u32);
    args_sizes_get(a: u32, b: u32);
    environ_get(a: u32, b: u32);
    environ_sizes_get(a: u32, b: u32);
    clock_res_get(a: u32, b: u32);
    clock_time_get(a: u32, b: u64, c: u32);
    fd_advise(a: u32, b: u64, c: u64, d: u32);
    fd_allocate(a: u32, b: u64, c: u64);
    fd_close(a: u32);
    fd_datasync(a: u32);
    fd_fdstat_get(a: u32, b: u32);
    fd_fdstat_set_flags(a: u32, b: u32);
    fd_fdstat_set_rights(a: u32, b: u64, c: u64);
    fd_filestat_get(a: u32, b: u32);
    fd_filestat_set_size(a: u32, b: u64);
    fd_filestat_set_times(a: u32, b: u64, c: u64, d: u32);
    fd_pread(a: u32, b: u32, c: u32, d: u64, e: u32);
    fd_prestat_get(a: u32, b: u32);
    fd_prestat_dir_name(a: u32, b: u32, c: u32);
    fd_pwrite(a: u32, b: u32, c: u32, d: u64, e: u32);
    fd_read(a: u32, b: u32, c: u32, d: u32);
    fd_readdir(a: u32, b: u32, c: u32, d: u64, e: u32);
    fd_renumber(a: u32, b: u32);
    fd_seek(a: u32, b: i64, c: u32, d: u32);
    fd_sync(a: u32);
    fd_tell(a: u32, b: u32);
    fd_write(a: u32, b: u32, c: u32, d: u32);
    path_create_directory(a: u32, b: u32, c: u32);
    path_filestat_get(a: u32, b: u32, c: u32, d: u32, e: u32);
    path_filestat_set_times(a: u32, b: u32, c: u32, d: u32, e: u64, f: u64, g: u32);
    path_link(a: u32, b: u32, c: u32, d: u32, e: u32, f: u32, g: u32);
    path_open(a: u32, b: u32, c: u32, d: u32, e: u32, f: u64, g: u64, h: u32, i: u32);
    path_readlink(a: u32, b: u32, c: u32, d: u32, e: u32, f: u32);
    path_remove_directory(a: u32, b: u32, c: u32);
    path_rename(a: u32, b: u32, c: u32, d: u32, e: u32, f: u32);
    path_symlink(a: u32, b: u32, c: u32, d: u32, e: u32);
    path_unlink_file(a: u32, b: u32, c: u32);
    poll_oneoff(a: u32, b: u32, c: u32, d: u32);
    proc_raise(a: u32);
    random_get(a: u32, b: u32);
    sched_yield();
    sock_accept(a: u32, b: u32, c: u32);
    sock_recv(a: u32, b: u32, c: u32, d: u32, e: u32, f: u32);
    sock_send(a: u32, b: u32, c: u32, d: u32, e: u32);
    sock_shutdown(a: u32, b: u32);
}

/// Defines the functions of preview 1 under `wasi_snapshot_preview1` and `wasi_unstable`, each with its own layouts.
/// `get` says where a guest's data keeps its [`WasiCtx`]. A guest's `proc_exit` ends the call as [`Error::Exit`].
///
/// ```
/// use skep::{Engine, Linker};
/// use skep_wasi::WasiCtx;
///
/// struct Guest {
///     wasi: WasiCtx,
/// }
///
/// # fn main() -> Result<(), skep::Error> {
/// let engine = Engine::new(&skep::Config::new())?;
/// let mut linker = Linker::<Guest>::new(&engine);
/// skep_wasi::add_to_linker(&mut linker, |guest| &mut guest.wasi)?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// A name is defined already.
pub fn add_to_linker<T: 'static>(linker: &mut Linker<T>, get: Get<T>) -> Result<(), Error> {
    for (module, abi) in [("wasi_snapshot_preview1", Abi::Preview1), ("wasi_unstable", Abi::Unstable)] {
        link_functions(linker, module, abi, get)?;
        linker.func(module, "proc_exit", |caller: Caller<'_, T>, code: u32| -> Result<(), Error> {
            Err(caller.exit(code))
        })?;
    }
    Ok(())
}

/// Runs a call on the caller's memory and context. A guest without a memory has an empty one.
fn with_guest<T: 'static>(
    caller: &mut Caller<'_, T>,
    abi: Abi,
    get: Get<T>,
    call: impl FnOnce(&mut WasiCtx, &mut Guest<'_>) -> Result<(), Errno>,
) -> Result<u32, Error> {
    let answer = match caller.default_memory() {
        Some(memory) => {
            let (bytes, data) = caller.memory_and_data(memory)?;
            call(get(data), &mut Guest::new(bytes, abi))
        }
        None => call(get(caller.data_mut()), &mut Guest::new(&mut [], abi)),
    };
    Ok(answer.map_or_else(|errno| errno as u32, |()| 0))
}

/// What is not there: signals, and sockets, so that no descriptor is one.
impl WasiCtx {
    fn proc_raise(&mut self, _guest: &mut Guest<'_>, _args: (u32,)) -> Result<(), Errno> {
        Err(Errno::Nosys)
    }

    fn sock_accept(&mut self, _: &mut Guest<'_>, (fd, ..): (u32, u32, u32)) -> Result<(), Errno> {
        self.socket(fd)
    }

    fn sock_recv(
        &mut self,
        _: &mut Guest<'_>,
        (fd, ..): (u32, u32, u32, u32, u32, u32),
    ) -> Result<(), Errno> {
        self.socket(fd)
    }

    fn sock_send(&mut self, _: &mut Guest<'_>, (fd, ..): (u32, u32, u32, u32, u32)) -> Result<(), Errno> {
        self.socket(fd)
    }

    fn sock_shutdown(&mut self, _: &mut Guest<'_>, (fd, _how): (u32, u32)) -> Result<(), Errno> {
        self.socket(fd)
    }

    fn socket(&self, fd: u32) -> Result<(), Errno> {
        self.fds.get(fd)?;
        Err(Errno::Notsock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_functions_of_preview_1_are_there() {
        // With `proc_exit`, the 46 of the standard.
        assert_eq!(NAMES.len() + 1, 46);
    }
}
