//! Slots of memories that wait for the next instance of the template they served.
//!
//! Owns: the lists of clean slots, one per template and own memory, last in first out, so that what was in the caches is used
//! again; how much of them may stay in memory; likewise storage of tables.
//! Does not know: how a slot is cleared (`arena::pool`), when a memory goes (`free`, `batch`).
//!
//! A slot on a list is as the memory begins: as long, and zero, or with its first contents where these are known. So spawning from a list asks the kernel nothing,
//! and all that a guest leaves behind is gone before the slot is on a list. Small slots that come back one by one wait until some
//! can be cleared together, since asking what was written costs more than writing it; meanwhile other slots are used.

use super::StoreInner;
use super::addr::TemplateAddr;
use super::memory::Bounds;
use super::row::{MemoryRow, TableRow, TemplateRow};
use super::template::TemplateInner;
use crate::arena::pool::{Contents, MemorySlot};
use crate::engine::Engine;
use crate::error::Error;
use crate::jit::target::MemoryMode;
use crate::spec::types::TableType;

/// A memory, which goes from list to column and back as it is.
type MemoryBox = Box<MemoryRow>;

/// The clean slots for one memory that a template's instances define.
pub(crate) struct Spares {
    bounds: Bounds,
    /// Of the code that uses it.
    mode: MemoryMode,
    /// What it begins with, if that is known.
    contents: Option<Contents>,
    /// The most recently used last, each with the time when it came: a count of slots that came back.
    slots: Vec<(u64, MemoryBox)>,
    /// Slots that are still to be cleared: together they cost fewer system calls.
    unclear: Vec<MemoryBox>,
}

/// So many slots, with so many bytes that a guest could have written, wait at most until they are cleared together.
const UNCLEAR_MAX: usize = 32;
const UNCLEAR_BYTES_MAX: usize = 2 << 20;

/// So many guarded slots are kept for one memory of a template.
const GUARDED_KEPT_MAX: usize = 64;

/// What the lists of a store hold in all.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    /// How much of the slots on lists is in memory at most, those that are still to be cleared counted as far as they could be
    /// written.
    resident_bytes: usize,
    /// How many slots came back.
    came: u64,
}

/// A memory that is to go onto a list, and onto which.
pub(crate) struct Returning {
    pub(crate) template: TemplateAddr,
    /// The position among the memories that the template defines.
    pub(crate) at: usize,
    pub(crate) memory: MemoryBox,
}

/// Empty lists for a template.
///
/// # Errors
/// If a memory may not be as large as it is declared.
pub(crate) fn spares<T>(engine: &Engine, template: &TemplateInner<T>) -> Result<Box<[Spares]>, Error> {
    let decl = template.module.decl();
    let own = &decl.memories.as_slice()[decl.imported.memories as usize..];
    let mode = template.module.memory_mode();
    // Those of the first one.
    let mut contents = template.module.first_contents().map(Contents::new);
    own.iter().map(|&ty| Ok(Spares::new(Bounds::new(engine, ty)?, mode, contents.take()))).collect()
}

impl Spares {
    const fn new(bounds: Bounds, mode: MemoryMode, contents: Option<Contents>) -> Self {
        Self { bounds, mode, contents, slots: Vec::new(), unclear: Vec::new() }
    }

    /// Whether there are so many slots.
    #[inline]
    pub(crate) fn has(&self, count: usize) -> bool {
        self.slots.len() >= count
    }

    /// The next slot, as a memory. There is one: see `provide_slots`.
    #[inline]
    pub(crate) fn take(&mut self, idle: &mut Idle) -> MemoryBox {
        let (_, mut memory) = self.slots.pop().expect("provided before");
        idle.resident_bytes -= memory.slot.resident_bytes();
        memory.slot.lend();
        if let Some(contents) = self.contents.as_ref().filter(|_| memory.is_bare) {
            memory.slot.lay_in(contents);
            memory.is_bare = false;
        }
        memory
    }

    /// Takes what the list holds off the store's account: it goes with its template.
    pub(crate) fn forget(&self, idle: &mut Idle) {
        idle.resident_bytes -= self.resident_bytes();
    }

    fn resident_bytes(&self) -> usize {
        let clear = self.slots.iter().map(|(_, memory)| memory.slot.resident_bytes());
        clear.chain(self.unclear.iter().map(|memory| memory.slot.used_bytes())).sum()
    }

    /// Takes a memory back, whose slot is cleared with others; whether it is time for that.
    fn put_off(&mut self, memory: MemoryBox, idle: &mut Idle) -> bool {
        if memory.is_marked {
            self.put(memory, idle);
            return false;
        }
        idle.resident_bytes += memory.slot.used_bytes();
        let bytes = (self.unclear.len() + 1) * memory.slot.used_bytes();
        let alone = !memory.slot.shares_calls();
        self.unclear.push(memory);
        alone || self.unclear.len() == UNCLEAR_MAX || bytes >= UNCLEAR_BYTES_MAX
    }

    /// Clears what waits for it.
    fn clear(&mut self, idle: &mut Idle) {
        MemorySlot::clear_all(
            &mut self.unclear.iter_mut().map(|memory| &mut memory.slot).collect::<Vec<_>>(),
        );
        while let Some(memory) = self.unclear.pop() {
            idle.resident_bytes -= memory.slot.used_bytes();
            self.put(memory, idle);
        }
    }

    /// Puts a slot that was just taken onto the list.
    fn add(&mut self, slot: MemorySlot, idle: &Idle) {
        self.slots.push((idle.came, Box::new(MemoryRow::in_slot(self.bounds, slot))));
    }

    /// Puts a memory onto the list that is as if just made, or can be made so.
    fn put(&mut self, mut memory: MemoryBox, idle: &mut Idle) {
        if memory.is_marked {
            memory.slot.clear_listed(&memory.written, self.contents.as_ref());
        } else {
            memory.is_bare = true;
        }
        // Address space is short: what is more goes back to the engine, for other templates and stores.
        let is_one_too_many = memory.slot.is_guarded() && self.slots.len() >= GUARDED_KEPT_MAX;
        if !is_one_too_many && memory.renew(self.bounds).is_ok() {
            idle.resident_bytes += memory.slot.resident_bytes();
            idle.came += 1;
            self.slots.push((idle.came, memory));
        }
    }
}

/// Storage for one table that a template's instances define.
pub(crate) struct SpareTables {
    ty: TableType,
    /// As long as the table begins, and null.
    rows: Vec<TableRow>,
}

/// Storage for tables to come, and tables that instances share.
type Tables = (Box<[SpareTables]>, Box<[TableRow]>);

/// So many words wait at most for the next tables of one template.
const SPARE_WORDS_MAX: usize = 1 << 17;

/// Empty lists for the tables of a template's instances; or the tables themselves, all null yet, if they are fixed.
///
/// # Errors
/// If a table may not be as large as it is declared, or there is no room for it.
pub(crate) fn tables<T>(engine: &Engine, template: &TemplateInner<T>) -> Result<Tables, Error> {
    let decl = template.module.decl();
    let own = decl.tables.iter().skip(decl.imported.tables as usize).copied();
    if template.module.tables_are_fixed() {
        return Ok((Box::default(), own.map(|ty| TableRow::new(engine, ty)).collect::<Result<_, _>>()?));
    }
    Ok((own.map(|ty| SpareTables { ty, rows: Vec::new() }).collect(), Box::default()))
}

impl SpareTables {
    /// Whether there is storage for so many.
    #[inline]
    pub(crate) fn has(&self, count: usize) -> bool {
        self.rows.len() >= count
    }

    /// The next one.
    #[inline]
    pub(crate) fn take(&mut self) -> TableRow {
        self.rows.pop().expect("provided before")
    }

    fn provide(&mut self, engine: &Engine, count: usize) -> Result<(), Error> {
        while self.rows.len() < count {
            self.rows.push(TableRow::new(engine, self.ty)?);
        }
        Ok(())
    }

    /// Takes the storage of a table back.
    pub(crate) fn put(&mut self, mut row: TableRow) {
        let words = row.words.len();
        if words as u64 == self.ty.limits.min && (self.rows.len() + 1) * words <= SPARE_WORDS_MAX {
            row.fill(0..words, 0);
            row.mirrors.clear();
            self.rows.push(row);
        }
    }
}

impl<T> TemplateRow<T> {
    /// Sees to it that there is storage for the tables of so many instances more than are claimed.
    ///
    /// # Errors
    /// If a table may not be as large as it is declared, or there is no room for it.
    pub(crate) fn provide_tables(&mut self, engine: &Engine, count: usize) -> Result<(), Error> {
        let wanted = self.claimed + count;
        self.spare_tables.iter_mut().try_for_each(|spares| spares.provide(engine, wanted))
    }
}

impl<T> StoreInner<T> {
    /// Sees to it that the lists of a template have slots for so many instances more than are claimed.
    ///
    /// # Errors
    /// If the system has none left, and no other template has any to spare.
    #[inline]
    pub(crate) fn provide_slots(&mut self, template: TemplateAddr, count: usize) -> Result<(), Error> {
        let row = self.templates.get(template).expect("just looked up");
        let wanted = row.claimed + count;
        if row.spares.iter().all(|spares| spares.slots.len() >= wanted) {
            return Ok(());
        }
        self.take_new_slots(template, wanted)
    }

    #[cold]
    fn take_new_slots(&mut self, template: TemplateAddr, wanted: usize) -> Result<(), Error> {
        for at in 0..self.templates.get(template).expect("just looked up").spares.len() {
            let spares = &mut self.templates.get_mut(template).expect("as before").spares[at];
            // One is taken new, so that those which wait become enough to be cleared together.
            if wanted > spares.slots.len() + 1 {
                spares.clear(&mut self.idle);
            }
            let (bounds, mode, missing) =
                (spares.bounds, Some(spares.mode), wanted.saturating_sub(spares.slots.len()));
            for _ in 0..missing {
                let taken = bounds.take_slot(&self.engine, mode);
                let spares = &mut self.templates.get_mut(template).expect("as before").spares[at];
                match taken {
                    Ok(slot) => spares.add(slot, &self.idle),
                    Err(error) => self.do_without_new_ones((template, at, wanted), error)?,
                }
            }
        }
        Ok(())
    }

    /// The system has no slots left: takes what waits to be cleared, or what other templates keep.
    fn do_without_new_ones(
        &mut self,
        (template, at, wanted): (TemplateAddr, usize, usize),
        error: Error,
    ) -> Result<(), Error> {
        let spares = &mut self.templates.get_mut(template).expect("just looked up").spares[at];
        spares.clear(&mut self.idle);
        if spares.slots.len() >= wanted {
            return Ok(());
        }
        let (bounds, mode) = (spares.bounds, spares.mode);
        if !self.give_slots_up(template) {
            return Err(error);
        }
        let slot = bounds.take_slot(&self.engine, Some(mode))?;
        let spares = &mut self.templates.get_mut(template).expect("just looked up").spares[at];
        spares.add(slot, &self.idle);
        Ok(())
    }

    /// Gives all slots on lists back to the engine, but for those of one template; whether there were any.
    fn give_slots_up(&mut self, except: TemplateAddr) -> bool {
        let mut any = false;
        for (_, row) in self.templates.iter_mut().filter(|(addr, _)| *addr != except) {
            // Instances of a batch may have a claim on theirs.
            for spares in row.spares.iter_mut() {
                spares.clear(&mut self.idle);
                let kept = spares.slots.len().min(row.claimed);
                for (_, memory) in spares.slots.drain(kept..) {
                    self.idle.resident_bytes -= memory.slot.resident_bytes();
                    any = true;
                }
            }
        }
        any
    }

    /// Takes a slot back onto its list, now or when there are several to be cleared.
    pub(crate) fn recycle(&mut self, Returning { template, at, memory }: Returning) {
        // Without its template nobody waits for it.
        let Some(row) = self.templates.get_mut(template) else { return };
        if row.spares[at].put_off(memory, &mut self.idle) {
            row.spares[at].clear(&mut self.idle);
        }
        self.trim();
    }

    /// Clears slots and puts them onto their lists: neighbours share a system call.
    pub(crate) fn recycle_all(&mut self, mut all: Vec<Returning>) {
        if all.is_empty() {
            return;
        }
        // What is marked is cleared when it is put onto its list.
        let unknown = all.iter_mut().filter(|returning| !returning.memory.is_marked);
        MemorySlot::clear_all(&mut unknown.map(|returning| &mut returning.memory.slot).collect::<Vec<_>>());
        for Returning { template, at, memory } in all {
            if let Some(row) = self.templates.get_mut(template) {
                row.spares[at].put(memory, &mut self.idle);
            }
        }
        self.trim();
    }

    /// If more of the slots on lists is in memory than the engine's settings allow, gives back that of those which have waited
    /// longest, until a quarter less is.
    #[inline]
    fn trim(&mut self) {
        let allowed = self.engine.config().idle_memory_bytes;
        if self.idle.resident_bytes > allowed {
            self.give_back_coldest(allowed - allowed / 4);
        }
    }

    #[cold]
    fn give_back_coldest(&mut self, allowed: usize) {
        let Self { templates, idle, .. } = self;
        templates.iter_mut().flat_map(|(_, row)| row.spares.iter_mut()).for_each(|spares| spares.clear(idle));
        let lists = templates.iter_mut().flat_map(|(_, row)| row.spares.iter_mut());
        let memories = lists.flat_map(|spares| spares.slots.iter_mut());
        let mut memories: Vec<_> = memories.filter(|(_, memory)| memory.slot.resident_bytes() > 0).collect();
        memories.sort_unstable_by_key(|(came, _)| *came);
        let mut rest = idle.resident_bytes;
        let cold = memories.into_iter().take_while(|(_, memory)| {
            let is_too_much = rest > allowed;
            rest = rest.saturating_sub(memory.slot.resident_bytes());
            is_too_much
        });
        let mut cold: Vec<_> = cold.map(|(_, memory)| memory).collect();
        MemorySlot::discard_all(&mut cold.iter_mut().map(|memory| &mut memory.slot).collect::<Vec<_>>());
        cold.into_iter().for_each(|memory| memory.is_bare |= memory.slot.resident_bytes() == 0);
        self.idle.resident_bytes = self.resident_found();
    }

    /// How much of the slots that wait is in memory at most: as counted, and as found.
    pub(crate) fn idle_bytes(&self) -> (usize, usize) {
        (self.idle.resident_bytes, self.resident_found())
    }

    fn resident_found(&self) -> usize {
        self.templates.iter().flat_map(|(_, row)| row.spares.iter()).map(Spares::resident_bytes).sum()
    }
}
