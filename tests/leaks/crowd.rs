//! A hundred thousand instances alive at once: what they take of the address space, of the mappings and of memory.

use crate::alone::{Process, alone, eprint};
use skep::{Config, Engine, Free, Instance, Linker, MemoryMode, Module, Store};

const COUNT: u32 = 100_000;

/// What a process may take: of addresses what small hosts allow, of mappings what Linux does.
const ADDRESS_BYTES_MAX: usize = 12 << 30;
const MAPPINGS_MAX: usize = 65_530;

fn crowd(text: &str) -> (Store<u32>, Vec<Instance>) {
    let engine = Engine::new(&Config::new().memory_mode(MemoryMode::Checked)).unwrap();
    let template = Linker::new(&engine).template(&Module::new(&engine, text).unwrap()).unwrap();
    let mut store = Store::new(&engine);
    let many = store.spawn_batch(&template, 0..COUNT).unwrap();
    (store, many)
}

/// All addresses that this process has reserved.
fn address_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

#[test]
fn a_hundred_thousand_small_memories_fit_into_a_process() {
    alone("crowd::a_hundred_thousand_small_memories_fit_into_a_process", || {
        let text = r#"(module (memory (export "m") 1 1) (data (i32.const 7) "x"))"#;
        let (mut store, many) = crowd(text);
        let (addresses, now) = (address_bytes(), Process::now());
        eprint(&format!("{addresses} bytes of addresses, {now:?}\n"));
        assert!(addresses <= ADDRESS_BYTES_MAX, "{addresses}");
        assert!(now.mappings < MAPPINGS_MAX, "{now:?}");
        for &instance in many.iter().step_by(997) {
            assert_eq!(instance.memory(&store, "m").unwrap().data(&store).unwrap()[7], b'x');
        }
        assert_eq!(store.free_batch(&many, Free::WhenUnreachable).unwrap(), 0);
        assert_eq!(store.stats().memories, 0);
    });
}

#[test]
fn memories_that_may_grow_without_end_leave_addresses_to_the_host() {
    alone("crowd::memories_that_may_grow_without_end_leave_addresses_to_the_host", || {
        for mode in MemoryMode::ALL {
            let engine = Engine::new(&Config::new().memory_mode(mode)).unwrap();
            let template =
                Linker::new(&engine).template(&Module::new(&engine, "(module (memory 1))").unwrap()).unwrap();
            let mut store = Store::new(&engine);
            let error = store.spawn_batch(&template, 0..COUNT).unwrap_err();
            assert!(error.to_string().contains("address space"), "{mode:?}: {error}");
            let bytes = vec![1_u8; 64 << 20];
            let sum = std::thread::spawn(move || bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>());
            assert_eq!(sum.join().unwrap(), 64 << 20);
            assert_eq!(store.stats().instances, 0);
        }
    });
}

/// Beyond its context's block, which machine code reads, an instance may take so much.
const INSTANCE_BYTES_MAX: usize = 512;
/// The least block.
const BLOCK_BYTES: usize = 128;

#[test]
fn an_idle_instance_without_a_memory_takes_little() {
    alone("crowd::an_idle_instance_without_a_memory_takes_little", || {
        drop(crowd("(module)").1.split_off(1));
        let before = Process::now();
        let (store, many) = crowd("(module)");
        let now = Process::now();
        let each = (now.resident_bytes - before.resident_bytes) / many.len();
        eprint(&format!("{each} bytes each\n"));
        assert!(each <= BLOCK_BYTES + INSTANCE_BYTES_MAX, "{each} bytes each");
        drop(store);
    });
}
