//! The calls on a plain vector as memory: no machine code is needed to show what a guest can and cannot reach.
//!
//! Owns: the tests of files, paths, descriptors and polls. Does not know: linking (`tests/` of this crate).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::errno::Errno;
use crate::guest::{Abi, Guest};
use crate::rights;
use crate::stat::{FLAG_APPEND, LOOKUP_FOLLOW};
use crate::{Captured, WasiCtx, WasiCtxBuilder};

const MEMORY_BYTES: usize = 65_536;
/// Where paths, buffers and results lie in these tests.
const PATH: u32 = 1024;
const PATH2: u32 = 16_384;
const BUFFER: u32 = 32_768;
const IOVS: u32 = 512;
const OUT: u32 = 64;
/// The first preopened directory.
const DIR: u32 = 3;

const CREATE: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCLUSIVE: u32 = 4;
const TRUNCATE: u32 = 8;
const READ_WRITE: u64 = rights::FD_READ | rights::FD_WRITE;

/// A directory of the host that goes when the test ends.
struct TempDir(PathBuf);

impl TempDir {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("skep-wasi-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("inside/sub")).unwrap();
        fs::write(path.join("secret"), "outside").unwrap();
        fs::write(path.join("inside/file"), "0123456789").unwrap();
        Self(path)
    }

    fn inside(&self) -> PathBuf {
        self.0.join("inside")
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.inside().join(name)).unwrap()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A guest without code.
struct Machine {
    ctx: WasiCtx,
    memory: Vec<u8>,
    abi: Abi,
}

type Call<A> = fn(&mut WasiCtx, &mut Guest<'_>, A) -> Result<(), Errno>;

impl Machine {
    fn new(builder: &WasiCtxBuilder) -> Self {
        Self { ctx: builder.build().unwrap(), memory: vec![0; MEMORY_BYTES], abi: Abi::Preview1 }
    }

    fn in_dir(dir: &Path) -> Self {
        Self::new(&WasiCtx::builder().preopened_dir(dir, "/data"))
    }

    fn call<A>(&mut self, call: Call<A>, args: A) -> Result<(), Errno> {
        call(&mut self.ctx, &mut Guest::new(&mut self.memory, self.abi), args)
    }

    fn put(&mut self, at: u32, bytes: &[u8]) -> u32 {
        self.memory[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
        u32::try_from(bytes.len()).unwrap()
    }

    fn u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.memory[at as usize..at as usize + 4].try_into().unwrap())
    }

    fn u64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.memory[at as usize..at as usize + 8].try_into().unwrap())
    }

    fn bytes(&self, at: u32, len: u32) -> &[u8] {
        &self.memory[at as usize..(at + len) as usize]
    }

    fn iov(&mut self, at: u32, len: u32) {
        self.put(IOVS, &at.to_le_bytes());
        self.put(IOVS + 4, &len.to_le_bytes());
    }

    fn open_with(&mut self, path: &str, lookup: u32, open: u32, base: u64, flags: u32) -> Result<u32, Errno> {
        let len = self.put(PATH, path.as_bytes());
        let args = (DIR, lookup, PATH, len, open, base, u64::MAX, flags, OUT);
        self.call(WasiCtx::path_open, args)?;
        Ok(self.u32(OUT))
    }

    fn open(&mut self, path: &str, open: u32, base: u64) -> Result<u32, Errno> {
        self.open_with(path, LOOKUP_FOLLOW, open, base, 0)
    }

    fn write(&mut self, fd: u32, text: &str) -> Result<u32, Errno> {
        let len = self.put(BUFFER, text.as_bytes());
        self.iov(BUFFER, len);
        self.call(WasiCtx::fd_write, (fd, IOVS, 1, OUT))?;
        Ok(self.u32(OUT))
    }

    fn read(&mut self, fd: u32, len: u32) -> Result<String, Errno> {
        self.iov(BUFFER, len);
        self.call(WasiCtx::fd_read, (fd, IOVS, 1, OUT))?;
        Ok(String::from_utf8_lossy(self.bytes(BUFFER, self.u32(OUT))).into_owned())
    }

    fn on_path(&mut self, call: Call<(u32, u32, u32)>, path: &str) -> Result<(), Errno> {
        let len = self.put(PATH, path.as_bytes());
        self.call(call, (DIR, PATH, len))
    }

    fn on_two_paths(
        &mut self,
        call: Call<(u32, u32, u32, u32, u32, u32)>,
        from: (u32, &str),
        to: (u32, &str),
    ) -> Result<(), Errno> {
        let from_len = self.put(PATH, from.1.as_bytes());
        let to_len = self.put(PATH2, to.1.as_bytes());
        self.call(call, (from.0, PATH, from_len, to.0, PATH2, to_len))
    }

    fn link(&mut self, from: (u32, &str), to: (u32, &str)) -> Result<(), Errno> {
        let from_len = self.put(PATH, from.1.as_bytes());
        let to_len = self.put(PATH2, to.1.as_bytes());
        self.call(WasiCtx::path_link, (from.0, 0, PATH, from_len, to.0, PATH2, to_len))
    }

    fn symlink(&mut self, contents: &str, at: &str) -> Result<(), Errno> {
        let from_len = self.put(PATH, contents.as_bytes());
        let to_len = self.put(PATH2, at.as_bytes());
        self.call(WasiCtx::path_symlink, (PATH, from_len, DIR, PATH2, to_len))
    }

    fn stat(&mut self, path: &str, lookup: u32) -> Result<u8, Errno> {
        let len = self.put(PATH, path.as_bytes());
        self.call(WasiCtx::path_filestat_get, (DIR, lookup, PATH, len, OUT))?;
        Ok(self.memory[OUT as usize + 16])
    }
}

#[test]
fn no_path_leads_out_of_its_directory() {
    let temp = TempDir::new();
    std::os::unix::fs::symlink("../secret", temp.inside().join("relative")).unwrap();
    std::os::unix::fs::symlink(temp.0.join("secret"), temp.inside().join("absolute")).unwrap();
    std::os::unix::fs::symlink("..", temp.inside().join("up")).unwrap();
    std::os::unix::fs::symlink("loop", temp.inside().join("loop")).unwrap();
    let absolute = temp.0.join("secret").to_string_lossy().into_owned();
    let cases = [
        ("../secret", Errno::Perm),
        ("sub/../../secret", Errno::Perm),
        ("./../inside/../secret", Errno::Perm),
        (&*absolute, Errno::Perm),
        ("/", Errno::Perm),
        ("/secret", Errno::Perm),
        ("relative", Errno::Perm),
        ("absolute", Errno::Perm),
        ("up/secret", Errno::Perm),
        ("up", Errno::Perm),
        ("..", Errno::Perm),
        ("sub/../..", Errno::Perm),
        ("loop", Errno::Loop),
        ("loop/x", Errno::Loop),
        ("", Errno::Noent),
        ("nothing", Errno::Noent),
        ("file/", Errno::Notdir),
        ("file/.", Errno::Notdir),
        ("file/..", Errno::Notdir),
        ("fi\0le", Errno::Inval),
    ];
    let mut machine = Machine::in_dir(&temp.inside());
    for (path, errno) in cases {
        assert_eq!(machine.open(path, 0, rights::FD_READ), Err(errno), "open {path:?}");
        assert_eq!(machine.stat(path, LOOKUP_FOLLOW), Err(errno), "stat {path:?}");
        assert_ne!(machine.on_path(WasiCtx::path_unlink_file, "../secret"), Ok(()), "unlink {path:?}");
        assert!(
            machine.open(path, CREATE | TRUNCATE, READ_WRITE).is_err() || path == "nothing",
            "create {path:?}"
        );
    }
    let long = "a/".repeat(3000);
    assert_eq!(machine.open(&long, 0, rights::FD_READ), Err(Errno::NameTooLong));
    let len = machine.put(PATH, b"\xFF\xFE");
    let args = (DIR, 0, PATH, len, 0, rights::FD_READ, 0, 0, OUT);
    assert_eq!(machine.call(WasiCtx::path_open, args), Err(Errno::Ilseq));
    assert_eq!(fs::read_to_string(temp.0.join("secret")).unwrap(), "outside");
}

#[test]
fn changes_stay_inside() {
    let temp = TempDir::new();
    let mut machine = Machine::in_dir(&temp.inside());
    assert_eq!(machine.on_path(WasiCtx::path_create_directory, "../new"), Err(Errno::Perm));
    assert_eq!(machine.on_path(WasiCtx::path_remove_directory, "../inside/sub"), Err(Errno::Perm));
    assert_eq!(machine.on_two_paths(WasiCtx::path_rename, (DIR, "file"), (DIR, "../file")), Err(Errno::Perm));
    assert_eq!(machine.link((DIR, "../secret"), (DIR, "mine")), Err(Errno::Perm));
    assert_eq!(machine.symlink("/etc/passwd", "link"), Err(Errno::Perm));
    // A link may say anything relative; following it is what is refused.
    assert_eq!(machine.symlink("../secret", "link"), Ok(()));
    assert_eq!(machine.open("link", 0, rights::FD_READ), Err(Errno::Perm));
    assert_eq!(machine.open("link", CREATE, READ_WRITE), Err(Errno::Perm));
    assert_eq!(machine.stat("link", 0), Ok(7));
    assert!(temp.inside().join("file").exists() && !temp.0.join("new").exists());
}

#[test]
fn files_are_written_read_and_placed() {
    let temp = TempDir::new();
    let mut machine = Machine::in_dir(&temp.inside());
    let fd = machine.open("new", CREATE | EXCLUSIVE, READ_WRITE).unwrap();
    assert_eq!(machine.open("new", CREATE | EXCLUSIVE, READ_WRITE), Err(Errno::Exist));
    assert_eq!(machine.write(fd, "hello world"), Ok(11));
    assert_eq!(machine.call(WasiCtx::fd_seek, (fd, -5, 2, OUT)), Ok(()));
    assert_eq!(machine.u64(OUT), 6);
    assert_eq!(machine.read(fd, 100).as_deref(), Ok("world"));
    assert_eq!(machine.call(WasiCtx::fd_tell, (fd, OUT)), Ok(()));
    assert_eq!(machine.u64(OUT), 11);
    machine.iov(BUFFER, 4);
    assert_eq!(machine.call(WasiCtx::fd_pread, (fd, IOVS, 1, 1, OUT)), Ok(()));
    assert_eq!(machine.bytes(BUFFER, 4), b"ello");
    let len = machine.put(BUFFER, b"J");
    machine.iov(BUFFER, len);
    assert_eq!(machine.call(WasiCtx::fd_pwrite, (fd, IOVS, 1, 0, OUT)), Ok(()));
    assert_eq!(machine.call(WasiCtx::fd_filestat_set_size, (fd, 5)), Ok(()));
    assert_eq!(machine.call(WasiCtx::fd_allocate, (fd, 0, 3)), Ok(()));
    for sync in [WasiCtx::fd_sync, WasiCtx::fd_datasync] {
        assert_eq!(machine.call(sync, (fd,)), Ok(()));
        assert_eq!(machine.call(sync, (DIR,)), Ok(()));
    }
    assert_eq!(machine.call(WasiCtx::fd_filestat_get, (fd, OUT)), Ok(()));
    assert_eq!((machine.memory[OUT as usize + 16], machine.u64(OUT + 24), machine.u64(OUT + 32)), (4, 1, 5));
    assert_eq!(machine.call(WasiCtx::fd_close, (fd,)), Ok(()));
    assert_eq!(machine.call(WasiCtx::fd_close, (fd,)), Err(Errno::Badf));
    assert_eq!(temp.read("new"), "Jello");
}

#[test]
fn appending_goes_to_the_end() {
    let temp = TempDir::new();
    let mut machine = Machine::in_dir(&temp.inside());
    let fd = machine.open_with("file", 0, 0, READ_WRITE, FLAG_APPEND.into()).unwrap();
    assert_eq!(machine.write(fd, "A"), Ok(1));
    assert_eq!(machine.call(WasiCtx::fd_fdstat_set_flags, (fd, 0)), Ok(()));
    assert_eq!(machine.call(WasiCtx::fd_seek, (fd, 0, 0, OUT)), Ok(()));
    assert_eq!(machine.write(fd, "B"), Ok(1));
    assert_eq!(temp.read("file"), "B123456789A");
    let fd = machine.open_with("file", 0, CREATE | TRUNCATE, READ_WRITE, FLAG_APPEND.into()).unwrap();
    assert_eq!(machine.write(fd, "C"), Ok(1));
    assert_eq!(temp.read("file"), "C");
}

#[test]
fn the_old_interface_has_its_own_layouts() {
    let temp = TempDir::new();
    let mut machine = Machine::in_dir(&temp.inside());
    machine.abi = Abi::Unstable;
    let fd = machine.open("file", 0, rights::FD_READ).unwrap();
    assert_eq!(machine.call(WasiCtx::fd_seek, (fd, 3, 2, OUT)), Ok(()), "2 is the start");
    assert_eq!(machine.u64(OUT), 3);
    machine.memory[OUT as usize + 56] = 0xAA;
    assert_eq!(machine.call(WasiCtx::fd_filestat_get, (fd, OUT)), Ok(()));
    assert_eq!((machine.u32(OUT + 20), machine.u64(OUT + 24)), (1, 10));
    assert_eq!(machine.memory[OUT as usize + 56], 0xAA, "56 bytes are written");
}

#[test]
fn directories_are_listed_with_cookies_that_stay_true() {
    let temp = TempDir::new();
    let mut machine = Machine::in_dir(&temp.inside());
    let mut names = Vec::new();
    let mut cookie = 0;
    loop {
        // Room for one entry and a part of the next.
        assert_eq!(machine.call(WasiCtx::fd_readdir, (DIR, BUFFER, 40, cookie, OUT)), Ok(()));
        let used = machine.u32(OUT);
        if used < 24 {
            break;
        }
        cookie = machine.u64(BUFFER);
        let name = machine.bytes(BUFFER + 24, machine.u32(BUFFER + 16)).to_vec();
        names.push((String::from_utf8(name).unwrap(), machine.memory[BUFFER as usize + 20]));
        if names.len() == 2 {
            fs::write(temp.inside().join("aaa"), "").unwrap();
        }
    }
    let expected = [(".", 3), ("..", 3), ("file", 4), ("sub", 3)];
    assert_eq!(names, expected.map(|(name, ty)| (name.to_owned(), ty)));
    for cookie in [5, u64::MAX] {
        assert_eq!(machine.call(WasiCtx::fd_readdir, (DIR, BUFFER, 40, cookie, OUT)), Ok(()));
        assert_eq!(machine.u32(OUT), 0, "cookie {cookie} is past the end");
    }
    assert_eq!(machine.call(WasiCtx::fd_readdir, (1, BUFFER, 40, 0, OUT)), Err(Errno::Notdir));
}

#[test]
fn nothing_changes_in_a_read_only_directory() {
    let temp = TempDir::new();
    fs::create_dir(temp.0.join("writable")).unwrap();
    let builder = WasiCtx::builder()
        .preopened_dir_read_only(temp.inside(), "/fixed")
        .preopened_dir(temp.0.join("writable"), "/free");
    let mut machine = Machine::new(&builder);
    let free = DIR + 1;
    for (open, base) in [
        (TRUNCATE, rights::FD_READ),
        (CREATE, rights::FD_READ),
        (CREATE | TRUNCATE, 0),
        (0, rights::FD_WRITE),
    ] {
        assert_eq!(machine.open("file", open, base), Err(Errno::Perm), "{open} {base}");
    }
    assert_eq!(machine.on_path(WasiCtx::path_create_directory, "d"), Err(Errno::Perm));
    assert_eq!(machine.on_path(WasiCtx::path_remove_directory, "sub"), Err(Errno::Perm));
    assert_eq!(machine.on_path(WasiCtx::path_unlink_file, "file"), Err(Errno::Perm));
    assert_eq!(machine.symlink("file", "link"), Err(Errno::Perm));
    // Neither a link nor a move may bring its files where they can be written.
    assert_eq!(machine.link((DIR, "file"), (free, "mine")), Err(Errno::Perm));
    assert_eq!(machine.on_two_paths(WasiCtx::path_rename, (DIR, "file"), (free, "mine")), Err(Errno::Perm));
    let len = machine.put(PATH, b"file");
    let times = (DIR, 0, PATH, len, 0, 0, 1);
    assert_eq!(machine.call(WasiCtx::path_filestat_set_times, times), Err(Errno::Perm));
    let fd = machine.open("file", 0, rights::FD_READ).unwrap();
    assert_eq!(machine.read(fd, 4).as_deref(), Ok("0123"));
    assert_eq!(machine.write(fd, "x"), Err(Errno::Badf));
    assert_eq!(machine.call(WasiCtx::fd_filestat_set_size, (fd, 0)), Err(Errno::Badf));
    assert_eq!(machine.call(WasiCtx::fd_filestat_set_times, (fd, 0, 0, 1)), Err(Errno::Perm));
    let sub = machine.open("sub", DIRECTORY, 0).unwrap();
    let len = machine.put(PATH, b"d");
    assert_eq!(machine.call(WasiCtx::path_create_directory, (sub, PATH, len)), Err(Errno::Perm), "inherited");
    assert_eq!(temp.read("file"), "0123456789");
}

#[test]
fn names_can_be_made_moved_and_removed() {
    let temp = TempDir::new();
    let mut machine = Machine::in_dir(&temp.inside());
    assert_eq!(machine.on_path(WasiCtx::path_create_directory, "d/"), Ok(()));
    assert_eq!(machine.on_path(WasiCtx::path_create_directory, "d"), Err(Errno::Exist));
    assert_eq!(machine.on_two_paths(WasiCtx::path_rename, (DIR, "file"), (DIR, "d/moved")), Ok(()));
    assert_eq!(machine.on_path(WasiCtx::path_remove_directory, "d"), Err(Errno::NotEmpty));
    assert_eq!(machine.link((DIR, "d/moved"), (DIR, "hard")), Ok(()));
    assert_eq!(machine.symlink("d/moved", "soft"), Ok(()));
    assert_eq!((machine.stat("soft", 0), machine.stat("soft", LOOKUP_FOLLOW)), (Ok(7), Ok(4)));
    assert_eq!(machine.open_with("soft", 0, 0, rights::FD_READ, 0), Err(Errno::Loop));
    let len = machine.put(PATH, b"soft");
    assert_eq!(machine.call(WasiCtx::path_readlink, (DIR, PATH, len, BUFFER, 3, OUT)), Ok(()));
    assert_eq!((machine.u32(OUT), machine.bytes(BUFFER, 3)), (3, &b"d/m"[..]), "cut to the buffer");
    for name in ["hard", "soft", "d/moved"] {
        assert_eq!(machine.on_path(WasiCtx::path_unlink_file, name), Ok(()), "{name}");
    }
    assert!(machine.on_path(WasiCtx::path_unlink_file, "d").is_err());
    assert_eq!(machine.on_path(WasiCtx::path_unlink_file, "d/"), Err(Errno::Isdir));
    assert_eq!(machine.on_path(WasiCtx::path_remove_directory, "d"), Ok(()));
}

#[test]
fn times_are_set_as_asked() {
    let temp = TempDir::new();
    let mut machine = Machine::in_dir(&temp.inside());
    let len = machine.put(PATH, b"file");
    let set = |machine: &mut Machine, ns, flags| {
        machine.call(WasiCtx::path_filestat_set_times, (DIR, LOOKUP_FOLLOW, PATH, len, ns, ns, flags))
    };
    assert_eq!(set(&mut machine, 1_000_000_007, 1 | 4), Ok(()));
    assert_eq!(machine.stat("file", 0), Ok(4));
    assert_eq!((machine.u64(OUT + 40), machine.u64(OUT + 48)), (1_000_000_007, 1_000_000_007));
    assert_eq!(set(&mut machine, 0, 1 | 2), Err(Errno::Inval), "now and given");
    for ns in [u64::MAX, i64::MAX.cast_unsigned()] {
        assert_eq!(set(&mut machine, ns, 1), Ok(()), "the host's file system decides what it keeps");
    }
    let fd = machine.open("file", 0, READ_WRITE).unwrap();
    assert_eq!(machine.call(WasiCtx::fd_filestat_set_times, (fd, 5, 6_000_000_000, 4)), Ok(()));
    assert_eq!(machine.stat("file", 0), Ok(4));
    assert_eq!(machine.u64(OUT + 48), 6_000_000_000);
}

#[test]
fn streams_are_given_and_captured() {
    let (out, err) = (Captured::new(), Captured::new());
    let builder = WasiCtx::builder().stdin_bytes("input").stdout_captured(&out).stderr_captured(&err);
    let mut machine = Machine::new(&builder);
    assert_eq!(machine.read(0, 3).as_deref(), Ok("inp"));
    assert_eq!(machine.read(0, 9).as_deref(), Ok("ut"));
    assert_eq!(machine.read(0, 9).as_deref(), Ok(""));
    assert_eq!(machine.write(1, "to out"), Ok(6));
    assert_eq!(machine.write(2, "to err"), Ok(6));
    assert_eq!(machine.write(0, "x"), Err(Errno::Badf));
    assert_eq!(machine.read(1, 1), Err(Errno::Badf));
    assert_eq!(machine.call(WasiCtx::fd_seek, (1, 0, 0, OUT)), Err(Errno::Spipe));
    assert_eq!((out.take(), err.contents()), (b"to out".to_vec(), b"to err".to_vec()));
    assert!(out.contents().is_empty());
    let mut second = Machine::new(&builder);
    assert_eq!(second.read(0, 9).as_deref(), Ok("input"), "each guest reads from the start");
}

#[test]
fn preopened_directories_are_found() {
    let temp = TempDir::new();
    let mut machine = Machine::in_dir(&temp.inside());
    assert_eq!(machine.call(WasiCtx::fd_prestat_get, (DIR, OUT)), Ok(()));
    assert_eq!((machine.u32(OUT), machine.u32(OUT + 4)), (0, 5));
    assert_eq!(machine.call(WasiCtx::fd_prestat_dir_name, (DIR, BUFFER, 4)), Err(Errno::NameTooLong));
    assert_eq!(machine.call(WasiCtx::fd_prestat_dir_name, (DIR, BUFFER, 5)), Ok(()));
    assert_eq!(machine.bytes(BUFFER, 5), b"/data");
    for fd in [0, 4, u32::MAX] {
        assert_eq!(machine.call(WasiCtx::fd_prestat_get, (fd, OUT)), Err(Errno::Badf), "{fd}");
    }
    assert_eq!(machine.call(WasiCtx::fd_fdstat_get, (DIR, OUT)), Ok(()));
    assert_eq!(machine.memory[OUT as usize], 3);
    assert_ne!(machine.u64(OUT + 16) & rights::FD_READ, 0, "files in it can be read");
    assert_eq!(machine.call(WasiCtx::fd_read, (DIR, IOVS, 0, OUT)), Err(Errno::Isdir));
    // A descriptor moved over a preopened directory takes its place, and the name goes.
    let fd = machine.open("file", 0, rights::FD_READ).unwrap();
    assert_eq!(machine.call(WasiCtx::fd_renumber, (fd, DIR)), Ok(()));
    assert_eq!(machine.call(WasiCtx::fd_prestat_get, (DIR, OUT)), Err(Errno::Badf));
    assert_eq!(machine.read(DIR, 2).as_deref(), Ok("01"));
}

#[test]
fn rights_can_be_given_up_but_not_won() {
    let temp = TempDir::new();
    let mut machine = Machine::in_dir(&temp.inside());
    let fd = machine.open("file", 0, READ_WRITE).unwrap();
    assert_eq!(machine.call(WasiCtx::fd_fdstat_set_rights, (fd, rights::FD_READ, 0)), Ok(()));
    assert_eq!(machine.call(WasiCtx::fd_fdstat_set_rights, (fd, READ_WRITE, 0)), Err(Errno::NotCapable));
    assert_eq!(machine.write(fd, "x"), Err(Errno::Badf));
}

#[test]
fn strings_end_where_the_memory_ends() {
    let mut machine = Machine::new(&WasiCtx::builder().arg("name").arg("x").env("K", "V").env("K", "W"));
    assert_eq!(machine.call(WasiCtx::args_sizes_get, (OUT, OUT + 4)), Ok(()));
    assert_eq!((machine.u32(OUT), machine.u32(OUT + 4)), (2, 7));
    let end = u32::try_from(MEMORY_BYTES).unwrap();
    assert_eq!(machine.call(WasiCtx::args_get, (OUT, end - 7)), Ok(()));
    assert_eq!((machine.u32(OUT), machine.u32(OUT + 4)), (end - 7, end - 2));
    assert_eq!(machine.bytes(end - 7, 7), b"name\0x\0");
    assert_eq!(machine.call(WasiCtx::args_get, (OUT, end - 6)), Err(Errno::Fault));
    assert_eq!(machine.call(WasiCtx::environ_get, (OUT, BUFFER)), Ok(()));
    assert_eq!(machine.bytes(BUFFER, 4), b"K=W\0");
    let mut empty = Machine::new(&WasiCtx::builder());
    for at in [end, u32::MAX] {
        assert_eq!(empty.call(WasiCtx::args_get, (at, at)), Ok(()), "nothing is written at {at}");
        assert_eq!(empty.call(WasiCtx::environ_get, (at, at)), Ok(()), "nothing is written at {at}");
    }
}

#[test]
fn what_cannot_be_represented_is_refused() {
    let cases = [
        WasiCtx::builder().arg("a\0b"),
        WasiCtx::builder().env("", "x"),
        WasiCtx::builder().env("a=b", "x"),
        WasiCtx::builder().env("a", "x\0"),
        WasiCtx::builder().preopened_dir("/does/not/exist", "/"),
    ];
    for builder in cases {
        assert!(builder.build().is_err(), "{builder:?}");
    }
}

fn clock_subscription(machine: &mut Machine, at: u32, clock: u32, timeout_ns: u64) {
    machine.put(at, &7u64.to_le_bytes());
    machine.put(at + 8, &[0]);
    let start = at + if machine.abi == Abi::Preview1 { 16 } else { 24 };
    machine.put(start, &clock.to_le_bytes());
    machine.put(start + 8, &timeout_ns.to_le_bytes());
}

#[test]
fn polls_answer_clocks_and_descriptors() {
    let mut machine = Machine::new(&WasiCtx::builder());
    for count in [0, u32::MAX] {
        assert_eq!(
            machine.call(WasiCtx::poll_oneoff, (PATH, BUFFER, count, OUT)),
            Err(Errno::Inval),
            "{count}"
        );
    }
    assert_eq!(machine.call(WasiCtx::poll_oneoff, (PATH, BUFFER, 60_000, OUT)), Err(Errno::Fault));
    for abi in [Abi::Preview1, Abi::Unstable] {
        machine.abi = abi;
        clock_subscription(&mut machine, PATH, 1, 5_000_000_000);
        assert_eq!(machine.call(WasiCtx::poll_oneoff, (PATH, BUFFER, 1, OUT)), Ok(()), "{abi:?}");
        assert_eq!((machine.u32(OUT), machine.u64(BUFFER), machine.u64(BUFFER + 8)), (1, 7, 0));
    }
    machine.abi = Abi::Preview1;
    assert_eq!(machine.call(WasiCtx::clock_time_get, (1, 0, OUT)), Ok(()));
    assert!(machine.u64(OUT) >= 10_000_000_000, "sleeping moves the deterministic clock");
    // A descriptor that is ready is answered alone; one that is not open with its error.
    for (fd, errno) in [(1, 0), (9, Errno::Badf as u32)] {
        clock_subscription(&mut machine, PATH, 1, 5_000_000_000);
        machine.put(PATH + 48 + 8, &[2]);
        machine.put(PATH + 48 + 16, &u32::to_le_bytes(fd));
        assert_eq!(machine.call(WasiCtx::poll_oneoff, (PATH, BUFFER, 2, OUT)), Ok(()));
        assert_eq!((machine.u32(OUT), machine.u32(BUFFER + 8) & 0xFFFF), (1, errno), "{fd}");
    }
    clock_subscription(&mut machine, PATH, 99, 0);
    assert_eq!(machine.call(WasiCtx::poll_oneoff, (PATH, BUFFER, 1, OUT)), Ok(()));
    assert_eq!(machine.u32(BUFFER + 8) & 0xFFFF, Errno::Inval as u32);
}

#[test]
fn clocks_and_random_bytes_repeat_unless_told_otherwise() {
    let read = |builder: &WasiCtxBuilder| {
        let mut machine = Machine::new(builder);
        machine.call(WasiCtx::clock_time_get, (0, 0, OUT)).unwrap();
        machine.call(WasiCtx::random_get, (OUT + 8, 13)).unwrap();
        machine.bytes(OUT, 24).to_vec()
    };
    let plain = WasiCtx::builder();
    assert_eq!(read(&plain), read(&plain));
    assert_ne!(read(&plain), read(&plain.clone().deterministic(1)));
    let system = plain.system_clocks().system_random();
    assert_ne!(read(&system), read(&system));
    let mut machine = Machine::new(&system);
    for clock in 0..4 {
        assert_eq!(machine.call(WasiCtx::clock_time_get, (clock, 0, OUT)), Ok(()), "{clock}");
        assert_eq!(machine.call(WasiCtx::clock_res_get, (clock, OUT)), Ok(()), "{clock}");
    }
    assert_eq!(machine.call(WasiCtx::clock_time_get, (4, 0, OUT)), Err(Errno::Inval));
    assert_eq!(machine.call(WasiCtx::clock_res_get, (4, OUT)), Err(Errno::Inval));
}

/// Every call with every pointer and number at its edges: an answer, never a panic, and never a byte outside.
#[test]
fn hostile_arguments_are_answered() {
    let temp = TempDir::new();
    let edges = [0, 1, 3, 4, 1023, 65_532, 65_535, 65_536, 1 << 31, u32::MAX - 7, u32::MAX];
    let mut machine = Machine::in_dir(&temp.inside());
    machine.memory.fill(0xFF);
    for a in edges {
        for b in edges {
            for fd in [0, 1, DIR, 77, u32::MAX] {
                let _ = machine.call(WasiCtx::fd_read, (fd, a, b, OUT));
                let _ = machine.call(WasiCtx::fd_write, (fd, a, b, a));
                let _ = machine.call(WasiCtx::fd_pread, (fd, a, b, u64::MAX, b));
                let _ = machine.call(WasiCtx::fd_pwrite, (fd, a, b, u64::MAX, b));
                let _ = machine.call(WasiCtx::fd_readdir, (fd, a, b, u64::from(b), a));
                let _ = machine.call(WasiCtx::fd_prestat_dir_name, (fd, a, b));
                let _ = machine.call(WasiCtx::fd_seek, (fd, i64::MIN, b, a));
                let _ = machine.call(WasiCtx::fd_advise, (fd, u64::MAX, b.into(), b));
                let _ = machine.call(WasiCtx::fd_allocate, (fd, u64::MAX, b.into()));
                let _ = machine.call(WasiCtx::path_open, (fd, b, a, b, b, u64::MAX, u64::MAX, b, a));
                let _ = machine.call(WasiCtx::path_filestat_get, (fd, b, a, b, a));
                let _ = machine.call(WasiCtx::path_readlink, (fd, a, b, a, b, a));
                let _ = machine.call(WasiCtx::path_rename, (fd, a, b, fd, b, a));
                let _ = machine.call(WasiCtx::fd_filestat_get, (fd, a));
                let _ = machine.call(WasiCtx::fd_fdstat_get, (fd, a));
                let _ = machine.call(WasiCtx::fd_fdstat_set_flags, (fd, a));
            }
            let _ = machine.call(WasiCtx::poll_oneoff, (a, b, 1, a));
            let _ = machine.call(WasiCtx::args_sizes_get, (a, b));
            let _ = machine.call(WasiCtx::random_get, (a, b));
        }
    }
    assert_eq!(machine.memory.len(), MEMORY_BYTES);
}
