// V8 as an engine: compiles a module, or runs a program once, and prints what came of it as JSON.
//
//   compile FILE cpu|wall     {"seconds": least of some compiles}
//   peak FILE                 {"bytes": growth of the resident memory at its highest}
//   run JOB                   the answer, see `run` below; JOB is a file of JSON that `node.rs` writes
//
// As for the other engines, clocks that a guest reads count CPU time, and random numbers start from a fixed seed.

import { createHash } from 'node:crypto';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const COMPILES_MAX = 3;
const COMPILING_SECONDS_MAX = 1;
const REALTIME_AT_START = 1_600_000_000n;
const WORD = (1n << 64n) - 1n;

const cpuMicros = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const clocks = { cpu: () => cpuMicros() / 1e6, wall: () => performance.now() / 1e3 };
const guestNanos = () => REALTIME_AT_START * 1_000_000_000n + BigInt(cpuMicros()) * 1000n;

function compile(file, clock) {
  const bytes = readFileSync(file);
  const now = clocks[clock];
  const times = [];
  for (let spent = 0; times.length < COMPILES_MAX && spent < COMPILING_SECONDS_MAX; spent += times.at(-1)) {
    const began = now();
    new WebAssembly.Module(bytes);
    times.push(now() - began);
  }
  return { seconds: Math.min(...times) };
}

function peak(file) {
  const bytes = readFileSync(file);
  const kilobytes = (what) => Number(readFileSync('/proc/self/status', 'utf8').match(`${what}:\\s*(\\d+)`)[1]);
  writeFileSync('/proc/self/clear_refs', '5');
  const before = kilobytes('VmRSS');
  new WebAssembly.Module(bytes);
  return { bytes: Math.max(0, kilobytes('VmHWM') - before) * 1024 };
}

/** SplitMix64, as in `host/process.rs`. */
function* randomWords() {
  for (let state = 0x5eedn; ; ) {
    state = (state + 0x9e3779b97f4a7c15n) & WORD;
    let mixed = ((state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n) & WORD;
    mixed = ((mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn) & WORD;
    yield mixed ^ (mixed >> 31n);
  }
}

function run(file) {
  const job = JSON.parse(readFileSync(file, 'utf8'));
  const module = new WebAssembly.Module(readFileSync(job.module));
  const wasi = new WASI({
    version: job.version,
    args: job.args,
    preopens: job.folder ? { '.': job.folder } : {},
    stdin: openSync(job.stdin, 'r'),
    stdout: openSync(job.stdout, 'w'),
    stderr: openSync(job.stderr, 'w'),
  });
  let memory;
  let benchBegan;
  let benched = null;
  const random = randomWords();
  const system = {
    ...wasi.wasiImport,
    clock_time_get(_clock, _precision, at) {
      new DataView(memory.buffer).setBigUint64(at, guestNanos(), true);
      return 0;
    },
    random_get(at, length) {
      const view = new DataView(memory.buffer, at >>> 0, length >>> 0);
      for (let done = 0; done < view.byteLength; done += 8) {
        const word = random.next().value;
        for (let byte = 0; byte < 8 && done + byte < view.byteLength; byte++)
          view.setUint8(done + byte, Number((word >> BigInt(8 * byte)) & 255n));
      }
      return 0;
    },
  };
  const bench = {
    start: () => void (benchBegan = clocks.cpu()),
    end: () => void (benched = clocks.cpu() - benchBegan),
  };
  const env = { clock_ms: () => guestNanos() / 1_000_000n };
  const instance = new WebAssembly.Instance(module, {
    wasi_snapshot_preview1: system,
    wasi_unstable: system,
    bench,
    env,
  });
  const exports = Object.values(instance.exports);
  memory = exports.find((item) => item instanceof WebAssembly.Memory);
  const answer = { exit: null, trap: null, score: null, called: 0 };
  let began;
  const entry = () => {
    began = clocks.cpu();
    answer.score = instance.exports[job.entry]() ?? null;
    answer.called = clocks.cpu() - began;
  };
  try {
    // An exit leaves `start` by its answer, and the entry by an exception.
    if (memory) answer.exit = wasi.start({ exports: { memory, _start: entry } });
    else entry();
  } catch (error) {
    answer.trap = String(error);
  }
  answer.called ||= clocks.cpu() - began;
  if (benchBegan !== undefined) benched ??= clocks.cpu() - benchBegan;
  const digest = memory && createHash('sha256').update(new Uint8Array(memory.buffer)).digest('hex');
  return { ...answer, benched, memory: digest ? digest.slice(0, 16) : null };
}

const [task, ...rest] = process.argv.slice(2);
console.log(JSON.stringify({ compile, peak, run }[task](...rest)));
