//! What guests compute, in the naive store: each exported function, the host's own functions, and how calls fail.
//!
//! Owns: the meaning of `family`'s bodies. Does not know: how the real store does any of it.

use skep::{Error, SegmentKind, Trap};

use super::family::{ACTIVE_DATA, Fun, PASSIVE_DATA, has};
use super::naive::{F, Model, State, Value, fun_no, fun_of};

/// How an operation fails: the kind, and what the specification says beyond it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fail {
    Stale,
    WrongStore,
    Trap(Trap),
    Limit,
    Host,
    Exit(u32),
    AlreadyClosed,
    StoreClosed(u32),
    NameTaken,
    Export,
    Start(Box<Self>),
    Segment(SegmentKind, u32, Trap),
    NoCaller,
    Type,
    Access,
    Link,
    Invalid,
    Other(String),
}

impl From<&Error> for Fail {
    fn from(error: &Error) -> Self {
        match error {
            Error::Stale(_) => Self::Stale,
            Error::WrongStore(_) => Self::WrongStore,
            Error::Trap(trap) => Self::Trap(trap.code),
            Error::Limit(_) => Self::Limit,
            Error::Host(_) => Self::Host,
            Error::Exit(code) => Self::Exit(*code),
            Error::AlreadyClosed => Self::AlreadyClosed,
            Error::StoreClosed(code) => Self::StoreClosed(*code),
            Error::NameTaken(_) => Self::NameTaken,
            Error::Export(_) => Self::Export,
            Error::Start(start) => Self::Start(Box::new(Self::from(&start.cause))),
            Error::Segment(segment) => Self::Segment(segment.kind, segment.index, segment.trap.code),
            Error::NoCaller(_) => Self::NoCaller,
            Error::Type(_) => Self::Type,
            Error::Access(_) => Self::Access,
            Error::Link(_) => Self::Link,
            Error::Invalid(_) => Self::Invalid,
            other => Self::Other(other.to_string()),
        }
    }
}

impl Fail {
    /// The number that `h.try` returns for it.
    pub(crate) fn code(&self) -> i32 {
        match self {
            Self::Stale => -2,
            Self::Host => -3,
            Self::Type => -4,
            Self::Trap(trap) => -100 - *trap as i32,
            Self::Exit(code) => -1000 - i32::try_from(*code).unwrap(),
            _ => -5,
        }
    }
}

const MEMORY: Fail = Fail::Trap(Trap::OutOfBoundsMemoryAccess);
const TABLE: Fail = Fail::Trap(Trap::OutOfBoundsTableAccess);
const PAGE_BYTES: u64 = 65536;

/// Arguments of a call: numbers in order, and the function for a funcref.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Args {
    pub(crate) numbers: [u32; 3],
    pub(crate) f: Option<F>,
}

type Run<R = Value> = Result<R, Fail>;

/// `at..at + n`, if it lies below `len`.
fn range(at: u32, n: u32, len: usize) -> Option<std::ops::Range<usize>> {
    let (at, n) = (at as usize, n as usize);
    (at + n <= len).then_some(at..at + n)
}

fn number(value: usize) -> Value {
    Value::I32(i32::try_from(value).unwrap())
}

impl Model {
    /// The host calls an exported function, found by name.
    pub(crate) fn call_export(&mut self, inst: usize, fun: Fun, args: Args) -> Run {
        self.check_inst(inst)?;
        if !fun.exists(self.insts[inst].shape) {
            return Err(Fail::Export);
        }
        self.check_not_exited(inst)?;
        if fun.ty().contains('r') && fun != Fun::Me {
            self.check_passed(args.f)?;
            self.hand_on_to(args.f, inst);
        }
        self.run(inst, fun, args)
    }

    /// The host calls a function value without parameters.
    pub(crate) fn call_f(&mut self, f: F, caller: Option<usize>) -> Run {
        self.check_open()?;
        if !self.has_f(f) {
            return Err(Fail::Stale);
        }
        if let F::Wasm(inst, _) = f {
            self.check_not_exited(inst)?;
        }
        if !Self::is_plain(f) {
            return Err(Fail::Type);
        }
        if matches!(f, F::Host(_)) && caller.is_none() {
            return Err(Fail::NoCaller);
        }
        self.enter(f).map(Value::I32)
    }

    /// The host calls a typed function that was looked up on an instance: that one must be live, the origin not gone.
    pub(crate) fn call_bound(&mut self, inst: usize, f: F) -> Run<i32> {
        self.check_open()?;
        if let State::Exited(code) = self.insts[inst].state {
            return Err(Fail::Exit(code));
        }
        if !self.is_usable(inst) || !self.has_f(f) {
            return Err(Fail::Stale);
        }
        self.enter(f)
    }

    fn check_not_exited(&self, inst: usize) -> Run<()> {
        match self.insts[inst].state {
            State::Exited(code) => Err(Fail::Exit(code)),
            _ => Ok(()),
        }
    }

    /// A function that the host hands on must not be gone.
    pub(crate) fn check_passed(&self, f: Option<F>) -> Run<()> {
        self.check_open()?;
        if f.is_none_or(|f| self.has_f(f)) { Ok(()) } else { Err(Fail::Stale) }
    }

    /// Runs a plain function that is there.
    fn enter(&mut self, f: F) -> Run<i32> {
        match f {
            F::Host(host) => Ok(self.hosts[host].result),
            F::Wasm(inst, fun) => {
                let args = Args { numbers: [0; 3], f: None };
                match self.run(inst, fun_of(fun), args)? {
                    Value::I32(result) => Ok(result),
                    other => unreachable!("plain functions return an i32, not {other:?}"),
                }
            }
        }
    }

    /// What an indirect call of a word does.
    fn call_word(&mut self, word: Option<F>) -> Run<i32> {
        let f = word.ok_or(Fail::Trap(Trap::UninitializedElement))?;
        if !self.has_f(f) {
            return Err(Fail::Trap(Trap::FunctionOfFreedInstance));
        }
        if !Self::is_plain(f) {
            return Err(Fail::Trap(Trap::IndirectCallTypeMismatch));
        }
        self.enter(f)
    }

    /// The host's function `call`: it calls what it is given.
    fn call_by_host(&mut self, word: Option<F>) -> Run<i32> {
        let f = word.ok_or(Fail::Host)?;
        if !self.has_f(f) {
            return Err(Fail::Stale);
        }
        if !Self::is_plain(f) {
            return Err(Fail::Type);
        }
        if let F::Wasm(inst, _) = f {
            self.check_not_exited(inst)?;
        }
        self.enter(f)
    }

    /// The host's function `try`: as `call`, and a failure is a number.
    pub(crate) fn try_by_host(&mut self, word: Option<F>) -> i32 {
        self.call_by_host(word).unwrap_or_else(|fail| fail.code())
    }

    /// The host's function `give`.
    fn give_by_host(&mut self, inst: usize) -> Run<Option<F>> {
        let gift = self.insts[inst].gift;
        self.check_passed(gift)?;
        self.hand_on_to(gift, inst);
        Ok(gift)
    }

    /// The name by which the host's function `named` looks.
    pub(crate) fn name(at: u32) -> &'static str {
        super::ops::NAMES[at as usize % super::ops::NAMES.len()]
    }

    /// Runs a function of an instance that is there.
    pub(crate) fn run(&mut self, inst: usize, fun: Fun, args: Args) -> Run {
        let uses = self.insts[inst].uses;
        let [a, b, c] = args.numbers;
        Ok(match fun {
            Fun::Answer => self.globs[uses.id].value,
            Fun::Boom => return Err(Fail::Trap(Trap::Unreachable)),
            Fun::Odd => Value::Nothing,
            Fun::Callf => {
                let f = uses.f.unwrap();
                if !self.has_f(f) {
                    return Err(Fail::Trap(Trap::FunctionOfFreedInstance));
                }
                Value::I32(self.enter(f)?)
            }
            Fun::Back => {
                self.check_not_exited(inst)?;
                self.globs[uses.id].value
            }
            Fun::Quit => {
                let Value::I32(code) = self.globs[uses.id].value else { unreachable!() };
                let code = code.cast_unsigned();
                if matches!(self.insts[inst].state, State::Live | State::Starting) {
                    self.insts[inst].state = State::Exited(code);
                }
                return Err(Fail::Exit(code));
            }
            Fun::Named => Value::I32(self.names.contains_key(Self::name(a)).into()),
            Fun::Me => Value::Ref(Some(F::Wasm(inst, fun_no(Fun::Answer)))),
            Fun::Cget => self.globs[uses.cell.unwrap()].value,
            Fun::Cset => {
                self.globs[uses.cell.unwrap()].value = Value::I64(a.into());
                Value::Nothing
            }
            Fun::Rme => {
                self.set_refs(inst, Some(F::Wasm(inst, fun_no(Fun::Answer))));
                Value::Nothing
            }
            Fun::Rput => {
                self.set_refs(inst, args.f);
                Value::Nothing
            }
            Fun::Rcall => Value::I32(self.call_by_host(self.word_in(uses.refs.unwrap()))?),
            Fun::Kcall => Value::I32(self.call_by_host(self.word_in(uses.konst.unwrap()))?),
            Fun::Mget | Fun::Mset | Fun::Mgrow | Fun::Msize | Fun::Minit | Fun::Mdrop | Fun::Mold => {
                self.run_on_memory(inst, fun, args)?
            }
            _ => self.run_on_table(inst, fun, [a, b, c], args.f)?,
        })
    }

    fn word_in(&self, glob: usize) -> Option<F> {
        match self.globs[glob].value {
            Value::Ref(f) => f,
            other => unreachable!("{other:?} is no function"),
        }
    }

    fn set_refs(&mut self, inst: usize, f: Option<F>) {
        self.globs[self.insts[inst].uses.refs.unwrap()].value = Value::Ref(f);
    }

    fn run_on_memory(&mut self, inst: usize, fun: Fun, args: Args) -> Run {
        let [a, b, c] = args.numbers;
        let mem = self.insts[inst].uses.memory.unwrap();
        Ok(match fun {
            Fun::Mget => Value::I32(self.read(mem, a.into()).ok_or(MEMORY)?.into()),
            Fun::Mset => {
                let written = self.write(mem, a.into(), &b.to_le_bytes()[..1]);
                written.ok_or(MEMORY).map(|()| Value::Nothing)?
            }
            Fun::Mgrow => {
                Value::I32(self.grow_mem(mem, a.into()).map_or(-1, |old| i32::try_from(old).unwrap()))
            }
            Fun::Msize => Value::I32(i32::try_from(self.mems[mem].pages).unwrap()),
            Fun::Mdrop => {
                self.insts[inst].data_dropped = true;
                Value::Nothing
            }
            _ => {
                // Segment 0 was active, so it is dropped.
                let is_there = fun == Fun::Minit && !self.insts[inst].data_dropped;
                let bytes = if is_there { PASSIVE_DATA } else { &[] };
                let from = range(b, c, bytes.len()).ok_or(MEMORY)?;
                self.write(mem, a.into(), &bytes[from]).ok_or(MEMORY)?;
                Value::Nothing
            }
        })
    }

    fn run_on_table(&mut self, inst: usize, fun: Fun, [a, b, c]: [u32; 3], f: Option<F>) -> Run {
        let uses = self.insts[inst].uses;
        let tab = uses.table.unwrap();
        let own = Some(F::Wasm(inst, fun_no(Fun::Answer)));
        let len = self.tabs[tab].words.len();
        Ok(match fun {
            Fun::At => {
                let word = self.element(tab, a).ok_or(Fail::Trap(Trap::UndefinedElement))?;
                Value::I32(self.call_word(word)?)
            }
            Fun::Tis => Value::I32(self.element(tab, a).ok_or(TABLE)?.is_none().into()),
            Fun::Tsize => number(len),
            Fun::Hcall => {
                let word = self.element(tab, a).ok_or(TABLE)?;
                Value::I32(self.call_by_host(word)?)
            }
            Fun::Htry => {
                let word = self.element(tab, a).ok_or(TABLE)?;
                Value::I32(self.try_by_host(word))
            }
            Fun::Hgive => {
                let gift = self.give_by_host(inst)?;
                self.set_element(tab, a, gift)?
            }
            Fun::Tput => self.set_element(tab, a, f)?,
            Fun::Tme => self.set_element(tab, a, own)?,
            Fun::Tf => self.set_element(tab, a, uses.f)?,
            Fun::Tnull => self.set_element(tab, a, None)?,
            Fun::Rtab => self.set_element(tab, a, self.word_in(uses.refs.unwrap()))?,
            Fun::Ktab => self.set_element(tab, a, self.word_in(uses.konst.unwrap()))?,
            Fun::Tref => {
                let word = self.element(tab, a).ok_or(TABLE)?;
                self.set_refs(inst, word);
                Value::Nothing
            }
            Fun::Tgrow => self.grow_tab(tab, a as usize, own).map_or(Value::I32(-1), number),
            Fun::Tfill => {
                let to = range(a, b, len).ok_or(TABLE)?;
                self.tabs[tab].words[to].fill(own);
                Value::Nothing
            }
            Fun::Tdrop => {
                self.insts[inst].elem_dropped = true;
                Value::Nothing
            }
            Fun::Tinit | Fun::Told => {
                let items = self.items(inst, fun);
                let from = range(b, c, items.len()).ok_or(TABLE)?;
                let to = range(a, c, len).ok_or(TABLE)?;
                self.tabs[tab].words[to].copy_from_slice(&items[from]);
                Value::Nothing
            }
            Fun::Tcopy => {
                let from = range(b, c, len).ok_or(TABLE)?;
                let to = range(a, c, len).ok_or(TABLE)?;
                self.tabs[tab].words.copy_within(from, to.start);
                Value::Nothing
            }
            other => unreachable!("{other:?}"),
        })
    }

    /// What is left of an element segment: the active one was dropped.
    fn items(&self, inst: usize, fun: Fun) -> Vec<Option<F>> {
        let it = &self.insts[inst];
        if fun == Fun::Told || it.elem_dropped {
            return Vec::new();
        }
        let mut items = vec![Some(F::Wasm(inst, fun_no(Fun::Answer))), None];
        items.extend(it.shape.contains('f').then_some(it.uses.f));
        items.extend(it.shape.contains('k').then(|| self.word_in(it.uses.konst.unwrap())));
        items
    }

    fn element(&self, tab: usize, at: u32) -> Option<Option<F>> {
        self.tabs[tab].words.get(at as usize).copied()
    }

    fn set_element(&mut self, tab: usize, at: u32, f: Option<F>) -> Run {
        *self.tabs[tab].words.get_mut(at as usize).ok_or(TABLE)? = f;
        Ok(Value::Nothing)
    }

    /// The old size, if it may grow.
    pub(crate) fn grow_tab(&mut self, tab: usize, delta: usize, f: Option<F>) -> Option<usize> {
        let tab = &mut self.tabs[tab];
        let old = tab.words.len();
        if old + delta > tab.max {
            return None;
        }
        tab.words.resize(old + delta, f);
        Some(old)
    }

    /// The old size in pages, if it may grow.
    pub(crate) fn grow_mem(&mut self, mem: usize, delta: u64) -> Option<u64> {
        let mem = &mut self.mems[mem];
        let old = mem.pages;
        if old + delta > mem.max {
            return None;
        }
        mem.pages += delta;
        Some(old)
    }

    /// A byte, if it is inside.
    pub(crate) fn read(&self, mem: usize, at: u64) -> Option<u8> {
        let mem = &self.mems[mem];
        (at < mem.pages * PAGE_BYTES).then(|| mem.bytes.get(&at).copied().unwrap_or(0))
    }

    /// Writes all of it or nothing.
    pub(crate) fn write(&mut self, mem: usize, at: u64, bytes: &[u8]) -> Option<()> {
        let mem = &mut self.mems[mem];
        if at + bytes.len() as u64 > mem.pages * PAGE_BYTES {
            return None;
        }
        mem.bytes.extend((at..).zip(bytes.iter().copied()));
        mem.bytes.retain(|_, byte| *byte != 0);
        Some(())
    }

    /// Segments and start of a new instance, as its ending has it.
    pub(crate) fn begin(&mut self, inst: usize) -> Run<()> {
        use super::family::{DATA_OUTSIDE, ELEM_OUTSIDE, Ending};
        let (shape, ending, uses) = (self.insts[inst].shape, self.insts[inst].ending, self.insts[inst].uses);
        let own = Some(F::Wasm(inst, fun_no(Fun::Answer)));
        let args = |f| Args { numbers: [0; 3], f };
        if has(shape, 't') {
            let _ = self.set_element(uses.table.unwrap(), 0, own)?;
            if ending == Ending::ElemOutside {
                return Err(Fail::Segment(SegmentKind::Element, ELEM_OUTSIDE, Trap::OutOfBoundsTableAccess));
            }
        }
        if has(shape, 'm') {
            self.write(uses.memory.unwrap(), ACTIVE_DATA.0, ACTIVE_DATA.1).unwrap();
            if ending == Ending::DataOutside {
                return Err(Fail::Segment(SegmentKind::Data, DATA_OUTSIDE, Trap::OutOfBoundsMemoryAccess));
            }
        }
        let started = match ending {
            Ending::Fine | Ending::ElemOutside | Ending::DataOutside => return Ok(()),
            Ending::Trap => {
                if has(shape, 't') {
                    let _ = self.set_element(uses.table.unwrap(), 1, own)?;
                }
                if has(shape, 'r') {
                    self.set_refs(inst, own);
                }
                Err(Fail::Trap(Trap::Unreachable))
            }
            Ending::Quit => self.run(inst, Fun::Quit, args(None)).map(|_| ()),
            Ending::QuitUnheard => {
                self.try_by_host(Some(F::Wasm(inst, fun_no(Fun::Quit))));
                Ok(())
            }
            Ending::Back => self.run(inst, Fun::Back, args(None)).map(|_| ()),
            Ending::Callf => self.run(inst, Fun::Callf, args(None)).map(|_| ()),
        };
        started.map_err(|fail| match fail {
            Fail::Exit(code) => Fail::Exit(code),
            fail => Fail::Start(Box::new(fail)),
        })
    }
}
