//! Signals and embedding: what is a guest's trap, what is the host's own fault, and who handles it. Each case runs in a child
//! process, since most of them end it.

use std::cell::Cell;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Output};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use libc::{SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF, SIGSEGV, SIGUSR1, c_int, c_void, sigaction, siginfo_t};
use skep::{Caller, Config, Engine, Error, Instance, Linker, MemoryMode, Store, Trap, TypedFunc};

use crate::common::{engine, spawn, spawn_with};
use crate::itself::itself;

/// Names the case that a child runs.
const CASE: &str = "SKEP_SIGNAL_CASE";
/// How a case's own handler ends the process.
const HANDLED: c_int = 42;
/// An address that nobody has.
const NOWHERE: usize = 0xDEAD_0000;

/// How a child ends.
enum End {
    /// With status 0, after all it had to show.
    Well,
    /// With a status.
    Status(c_int),
    /// By a signal, having said something of its own (not: of ours) about it.
    Signal(c_int, &'static str),
}

/// Runs a case in a child process.
fn run(case: &str) -> Output {
    let mut child = itself();
    child.args(["signals::child", "--exact", "--nocapture", "--test-threads=1"]).env(CASE, case);
    child.output().unwrap()
}

fn check(case: &str, end: &End) {
    let output = run(case);
    let said = String::from_utf8_lossy(&output.stderr);
    let (status, signal) = (output.status.code(), output.status.signal());
    match *end {
        End::Well => assert_eq!((status, signal), (Some(0), None), "{case}: {said}"),
        End::Status(code) => assert_eq!((status, signal), (Some(code), None), "{case}: {said}"),
        End::Signal(number, text) => {
            assert_eq!((status, signal), (None, Some(number)), "{case}: {said}");
            assert!(said.contains(text), "{case} says no {text:?}: {said}");
            assert!(text.starts_with("skep: ") || !said.contains("skep: "), "{case} is blamed on us: {said}");
        }
    }
}

macro_rules! cases {
    ($( $name:ident => $end:expr; )*) => {
        $( #[test]
        fn $name() {
            check(stringify!($name), &$end);
        } )*

        /// The child's side; does nothing when run as a test of its own.
        #[test]
        fn child() {
            match std::env::var(CASE).as_deref() {
                Err(_) => {}
                $( Ok(stringify!($name)) => cases::$name(), )*
                Ok(other) => panic!("no case {other}"),
            }
        }
    };
}

cases! {
    host_fault_before_an_engine => End::Signal(SIGSEGV, "");
    host_fault_after_an_engine => End::Signal(SIGSEGV, "");
    host_fault_in_a_host_function => End::Signal(SIGSEGV, "");
    host_fault_on_another_thread => End::Signal(SIGSEGV, "");
    wasm_fault_in_the_memory_itself => End::Signal(SIGABRT, "skep: compiler bug: machine code at 0x");
    previous_handler_with_info => End::Status(HANDLED);
    previous_handler_with_info_on_its_stack => End::Status(HANDLED);
    previous_handler_without_info => End::Status(HANDLED);
    previous_default => End::Signal(SIGSEGV, "");
    previous_ignore_of_a_fault => End::Signal(SIGSEGV, "");
    previous_ignore_of_a_sent_signal => End::Well;
    sent_signal_in_a_host_function => End::Status(HANDLED);
    handler_installed_after_ours => End::Well;
    without_alternate_stack => End::Well;
    with_the_users_alternate_stack => End::Well;
    alternate_stack_changed_while_running => End::Well;
    host_stack_overflow => End::Signal(SIGABRT, "has overflowed its stack");
    bus_error_of_a_truncated_file => End::Signal(SIGBUS, "");
    other_signals_are_left_alone => End::Well;
    no_handler_in_checked_mode => End::Well;
    many_signals_while_running => End::Well;
    fork_with_a_live_store => End::Well;
    fork_in_a_host_function => End::Well;
    threads_come_and_go => End::Well;
    engines_made_at_once => End::Well;
    call_on_switched_stack => End::Well;
    floating_point_mode_of_the_host => End::Well;
}

/// A guest whose `load` traps beyond its page and whose `callback` calls the host.
const GUEST: &str = r#"(module (import "h" "call" (func $call)) (memory (export "m") 1)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "callback") (param i32) (result i32) (call $call) (i32.load (local.get 0)))
    (func $deep (export "deep") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
            (else (i32.const 0))))
    (func $forever (export "forever") (param i32) (result i32) (call $forever (local.get 0)))
    (func (export "callback_forever") (param i32) (result i32) (call $call) (call $forever (local.get 0)))
    (func (export "mul") (param f32 f32) (result f32) (f32.mul (local.get 0) (local.get 1))))"#;

struct Guest {
    store: Store<()>,
    instance: Instance,
}

impl Guest {
    fn new(call: impl Fn() + Send + Sync + 'static) -> Self {
        let engine = engine(MemoryMode::Guarded);
        let mut linker = Linker::<()>::new(&engine);
        linker.func("h", "call", call).unwrap();
        let (store, instance) = spawn_with(&linker, &engine, GUEST, ());
        Self { store, instance }
    }

    fn func(&self, name: &str) -> TypedFunc<u32, u32> {
        self.instance.typed_func(&self.store, name).unwrap()
    }

    fn call(&mut self, name: &str, param: u32) -> Result<u32, Error> {
        self.func(name).call(&mut self.store, param)
    }

    /// Both ways still work: a load and a load that hits the guard.
    fn check(&mut self) {
        assert_eq!(self.call("load", 8).unwrap(), 0);
        let error = self.call("load", 0x8000_0000).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsMemoryAccess));
    }
}

fn fault() {
    // SAFETY: none: this is what the case is about.
    unsafe { ptr::with_exposed_provenance_mut::<u8>(NOWHERE).write_volatile(1) };
}

type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// Installs a handler, or `SIG_DFL`, `SIG_IGN`, and returns what stood before.
fn install(signal: c_int, handler: usize, flags: c_int) -> sigaction {
    let (mut action, mut old) = (no_action(), no_action());
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: valid pointers.
    assert_eq!(unsafe { sigaction(signal, &raw const action, &raw mut old) }, 0);
    old
}

fn no_action() -> sigaction {
    // SAFETY: zeros are a valid `sigaction`.
    unsafe { std::mem::zeroed() }
}

fn current(signal: c_int) -> usize {
    let mut old = no_action();
    // SAFETY: valid pointers.
    assert_eq!(unsafe { sigaction(signal, ptr::null(), &raw mut old) }, 0);
    old.sa_sigaction
}

fn exit(status: c_int) -> ! {
    // SAFETY: ends the process; allowed in a handler.
    unsafe { libc::_exit(status) }
}

extern "C" fn with_info(_: c_int, info: *mut siginfo_t, machine: *mut c_void) {
    // SAFETY: the kernel's information, handed on unchanged.
    let info = unsafe { &*info };
    // SAFETY: likewise: of a fault.
    let address = unsafe { info.si_addr() }.addr();
    exit(if address == NOWHERE && !machine.is_null() { HANDLED } else { 1 });
}

extern "C" fn without_info(signal: c_int) {
    exit(if signal == SIGSEGV { HANDLED } else { 1 });
}

extern "C" fn sent(_: c_int, info: *mut siginfo_t, _: *mut c_void) {
    // SAFETY: the kernel's information, handed on unchanged.
    exit(if unsafe { (*info).si_code } <= 0 { HANDLED } else { 1 });
}

static COUNT: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_: c_int) {
    COUNT.fetch_add(1, Ordering::Relaxed);
}

/// Makes `bytes` of fresh memory the thread's alternate stack; 0 takes it away.
fn set_alternate_stack(bytes: usize) {
    let memory = Box::leak(vec![0_u8; bytes].into_boxed_slice());
    let flags = if bytes == 0 { libc::SS_DISABLE } else { 0 };
    let stack = libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: flags, ss_size: bytes };
    // SAFETY: the memory is never freed.
    assert_eq!(unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) }, 0);
}

/// A function and what it is called with.
type Job = (fn(*mut c_void), *mut c_void);

thread_local! {
    static JOB: Cell<Option<Job>> = const { Cell::new(None) };
}

/// Runs `job` on the stack of a signal handler.
fn on_alternate_stack<F: FnMut()>(mut job: F) {
    fn call<F: FnMut()>(job: *mut c_void) {
        // SAFETY: what `JOB` was given below, while it lives.
        let job = unsafe { &mut *job.cast::<F>() };
        job();
    }
    extern "C" fn handler(_: c_int) {
        let (call, job) = JOB.take().unwrap();
        call(job);
    }
    install(SIGUSR1, handler as extern "C" fn(c_int) as usize, libc::SA_ONSTACK);
    JOB.set(Some((call::<F>, (&raw mut job).cast())));
    // SAFETY: the handler runs here and now, at a place where anything may be called.
    unsafe { libc::raise(SIGUSR1) };
}

/// What each child does. Whatever a case leaves unsaid is said by how the process ends.
mod cases {
    use super::*;

    pub(super) fn host_fault_before_an_engine() {
        fault();
    }

    pub(super) fn host_fault_after_an_engine() {
        Guest::new(|| {}).check();
        fault();
    }

    pub(super) fn host_fault_in_a_host_function() {
        let _ = Guest::new(fault).call("callback", 0);
    }

    pub(super) fn host_fault_on_another_thread() {
        Guest::new(|| {}).check();
        std::thread::spawn(fault).join().unwrap();
    }

    pub(super) fn wasm_fault_in_the_memory_itself() {
        let mut guest = Guest::new(|| {});
        // A handler of the host must not swallow it.
        install(SIGABRT, libc::SIG_DFL, 0);
        let memory = guest.instance.memory(&guest.store, "m").unwrap();
        let base = memory.data_mut(&mut guest.store).unwrap().as_mut_ptr();
        // SAFETY: the page is the guest's; nobody reads it but the guest, which this is about.
        assert_eq!(unsafe { libc::mprotect(base.cast(), 4096, libc::PROT_NONE) }, 0);
        let _ = guest.call("load", 8);
    }

    pub(super) fn previous_handler_with_info() {
        install(SIGSEGV, with_info as Handler as usize, libc::SA_SIGINFO);
        Guest::new(|| {}).check();
        fault();
    }

    pub(super) fn previous_handler_with_info_on_its_stack() {
        set_alternate_stack(64 << 10);
        install(SIGSEGV, with_info as Handler as usize, libc::SA_SIGINFO | libc::SA_ONSTACK);
        Guest::new(|| {}).check();
        fault();
    }

    pub(super) fn previous_handler_without_info() {
        install(SIGSEGV, without_info as extern "C" fn(c_int) as usize, 0);
        Guest::new(|| {}).check();
        fault();
    }

    pub(super) fn previous_default() {
        install(SIGSEGV, libc::SIG_DFL, 0);
        Guest::new(|| {}).check();
        fault();
    }

    pub(super) fn previous_ignore_of_a_fault() {
        install(SIGSEGV, libc::SIG_IGN, 0);
        Guest::new(|| {}).check();
        fault();
    }

    pub(super) fn previous_ignore_of_a_sent_signal() {
        install(SIGSEGV, libc::SIG_IGN, 0);
        let mut guest = Guest::new(|| {});
        // SAFETY: ignored.
        unsafe { libc::raise(SIGSEGV) };
        guest.check();
    }

    pub(super) fn sent_signal_in_a_host_function() {
        install(SIGSEGV, sent as Handler as usize, libc::SA_SIGINFO);
        let raise = || {
            // SAFETY: the handler ends the process.
            unsafe { libc::raise(SIGSEGV) };
        };
        let _ = Guest::new(raise).call("callback", 0);
    }

    pub(super) fn handler_installed_after_ours() {
        let mut guest = Guest::new(|| {});
        let ours = install(SIGSEGV, without_info as extern "C" fn(c_int) as usize, 0);
        assert_eq!(guest.call("load", 8).unwrap(), 0);
        // SAFETY: what stood there before.
        unsafe { sigaction(SIGSEGV, &raw const ours, ptr::null_mut()) };
        guest.check();
        // A second engine installs nothing.
        Guest::new(|| {}).check();
        assert_eq!(current(SIGSEGV), ours.sa_sigaction);
    }

    pub(super) fn without_alternate_stack() {
        set_alternate_stack(0);
        Guest::new(|| {}).check();
    }

    pub(super) fn with_the_users_alternate_stack() {
        set_alternate_stack(16 << 10);
        Guest::new(|| {}).check();
    }

    pub(super) fn alternate_stack_changed_while_running() {
        let mut guest = Guest::new(|| set_alternate_stack(32 << 10));
        let error = guest.call("callback", 0x8000_0000).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsMemoryAccess));
        guest.check();
    }

    pub(super) fn host_stack_overflow() {
        #[expect(unconditional_recursion, reason = "this is what the case is about")]
        fn recurse(n: u64) -> u64 {
            std::hint::black_box([n; 64]);
            recurse(n + 1) + std::hint::black_box(1)
        }
        Guest::new(|| {}).check();
        std::thread::spawn(|| recurse(0)).join().unwrap();
    }

    pub(super) fn bus_error_of_a_truncated_file() {
        Guest::new(|| {}).check();
        // SAFETY: a file of its own, empty, so that touching a page of its mapping is a bus error.
        let file = unsafe { libc::memfd_create(c"empty".as_ptr(), 0) };
        let (length, protection) = (4096, libc::PROT_READ);
        // SAFETY: a fresh mapping.
        let page = unsafe { libc::mmap(ptr::null_mut(), length, protection, libc::MAP_SHARED, file, 0) };
        // SAFETY: none: this is what the case is about.
        std::hint::black_box(unsafe { page.cast::<u8>().read_volatile() });
    }

    pub(super) fn other_signals_are_left_alone() {
        let before = [SIGILL, SIGFPE, SIGABRT].map(current);
        Guest::new(|| {}).check();
        assert_eq!([SIGILL, SIGFPE, SIGABRT].map(current), before);
    }

    pub(super) fn no_handler_in_checked_mode() {
        let before = [SIGSEGV, SIGBUS].map(current);
        let wat = r#"(module (memory 1) (func (export "f") (drop (i32.load (i32.const -1)))))"#;
        let (mut store, instance) = spawn(MemoryMode::Checked, wat);
        let error = instance.func(&store, "f").unwrap().call(&mut store, &[]).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::OutOfBoundsMemoryAccess));
        assert_eq!([SIGSEGV, SIGBUS].map(current), before);
    }

    pub(super) fn many_signals_while_running() {
        let handler = count as extern "C" fn(c_int) as usize;
        install(SIGPROF, handler, libc::SA_RESTART);
        install(SIGUSR1, handler, libc::SA_RESTART);
        let every = libc::timeval { tv_sec: 0, tv_usec: 1000 };
        let timer = libc::itimerval { it_interval: every, it_value: every };
        // SAFETY: valid pointers.
        assert_eq!(unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, ptr::null_mut()) }, 0);
        let raise = || {
            // SAFETY: the handler counts.
            unsafe { libc::raise(SIGUSR1) };
        };
        let mut guest = Guest::new(raise);
        let (deep, load) = (guest.func("deep"), guest.func("load"));
        for n in 0..20_000 {
            assert_eq!(deep.call(&mut guest.store, 50).unwrap(), 50);
            assert!(load.call(&mut guest.store, 0x1_0000 + n).is_err());
            if n % 100 == 0 {
                guest.call("callback", 0).unwrap();
            }
        }
        assert!(COUNT.load(Ordering::Relaxed) > 200, "signals came");
    }

    /// Runs `child` in a fork and waits for it.
    fn in_fork(child: impl FnOnce()) {
        // SAFETY: the child ends by `_exit`.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            let done = catch_unwind(AssertUnwindSafe(child));
            exit(c_int::from(done.is_err()));
        }
        let mut status = 0;
        // SAFETY: valid pointer.
        assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
        assert_eq!(status, 0);
    }

    pub(super) fn fork_with_a_live_store() {
        let mut guest = Guest::new(|| {});
        in_fork(|| guest.check());
        guest.check();
        let status = Command::new("true").status().unwrap();
        assert!(status.success());
    }

    pub(super) fn fork_in_a_host_function() {
        let mut guest = Guest::new(|| in_fork(|| Guest::new(|| {}).check()));
        assert_eq!(guest.call("callback", 0).unwrap(), 0);
        guest.check();
    }

    pub(super) fn threads_come_and_go() {
        for _ in 0..50 {
            let guest = std::thread::spawn(|| {
                let mut guest = Guest::new(|| {});
                guest.check();
                guest
            });
            // A store may change threads.
            guest.join().unwrap().check();
        }
    }

    pub(super) fn engines_made_at_once() {
        let start = std::sync::Barrier::new(64);
        std::thread::scope(|scope| {
            for _ in 0..64 {
                scope.spawn(|| {
                    start.wait();
                    Guest::new(|| {}).check();
                });
            }
        });
    }

    /// A guest calls the host, which calls the same guest on another stack: that of a signal handler.
    pub(super) fn call_on_switched_stack() {
        fn nested(caller: &mut Caller<'_, ()>, name: &str) -> Result<u32, Error> {
            caller.func(name)?.typed(caller)?.call(caller, 100)
        }
        set_alternate_stack(4 << 20);
        let engine = Engine::new(&Config::default().max_stack_bytes(512 << 10)).unwrap();
        let mut linker = Linker::<()>::new(&engine);
        linker
            .func("h", "call", |mut caller: Caller<'_, ()>| {
                on_alternate_stack(|| {
                    let trap = nested(&mut caller, "forever").unwrap_err().trap();
                    assert_eq!(trap, Some(Trap::CallStackExhausted));
                    assert_eq!(nested(&mut caller, "deep").unwrap(), 100);
                });
            })
            .unwrap();
        let (store, instance) = spawn_with(&linker, &engine, GUEST, ());
        let mut guest = Guest { store, instance };
        for _ in 0..3 {
            assert_eq!(guest.call("callback", 0).unwrap(), 0);
            // The frames on the first stack go on with its limit.
            for name in ["callback_forever", "forever"] {
                assert_eq!(guest.call(name, 0).unwrap_err().trap(), Some(Trap::CallStackExhausted));
            }
        }
        on_alternate_stack(|| guest.check());
    }

    #[cfg(target_arch = "x86_64")]
    fn control() -> u32 {
        let mut word = 0_u32;
        // SAFETY: stores the control word.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut word) };
        word & !0x3F
    }

    #[cfg(target_arch = "x86_64")]
    pub(super) fn floating_point_mode_of_the_host() {
        const FLUSH_AND_ROUND_UP: u32 = 0x1F80 | 1 << 15 | 1 << 6 | 2 << 13;
        static SEEN: AtomicU32 = AtomicU32::new(0);
        let seen = || {
            SEEN.store(control(), Ordering::Relaxed);
            assert!(SEEN.load(Ordering::Relaxed) == 0x1F80);
        };
        let mut guest = Guest::new(seen);
        let mul = guest.instance.typed_func::<(f32, f32), f32>(&guest.store, "mul").unwrap();
        let word = FLUSH_AND_ROUND_UP;
        // SAFETY: a valid control word.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const word) };
        let subnormal = mul.call(&mut guest.store, (1e-38, 0.1)).unwrap().to_bits();
        let after_return = control();
        let trapped = guest.call("load", u32::MAX).is_err();
        let after_trap = control();
        guest.call("callback", 0).unwrap();
        let after_host_call = control();
        let default = 0x1F80_u32;
        // SAFETY: a valid control word.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const default) };
        assert_eq!(subnormal, (std::hint::black_box(1e-38_f32) * 0.1).to_bits());
        assert!(trapped && subnormal != 0);
        assert_eq!([after_return, after_trap, after_host_call], [FLUSH_AND_ROUND_UP; 3]);
        assert_eq!(SEEN.load(Ordering::Relaxed), 0x1F80, "host functions run in the default mode");
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub(super) fn floating_point_mode_of_the_host() {}
}
