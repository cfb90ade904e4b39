//! Waiting: `poll_oneoff` and `sched_yield`.
//!
//! Owns: subscriptions and events. Does not know: how time is measured (`clock`).

use std::thread;

use rustix::event::{PollFd, PollFlags};
use rustix::time::Timespec;

use crate::WasiCtx;
use crate::descriptor::Target;
use crate::errno::Errno;
use crate::guest::{Abi, Guest};

/// More subscriptions than this in one call are refused.
const SUBSCRIPTIONS_MAX: u32 = 65_536;
/// Bytes of an `event`, in both interfaces.
const EVENT_BYTES: u32 = 32;

const EVENT_CLOCK: u8 = 0;
const EVENT_READ: u8 = 1;
const EVENT_WRITE: u8 = 2;

/// `subclockflags`: the timeout is a point in time.
const CLOCK_ABSOLUTE: u16 = 1;

struct Subscription {
    userdata: u64,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Clock {
        /// From now on.
        timeout_ns: u64,
    },
    Descriptor {
        fd: u32,
        event: u8,
    },
    /// Answered at once with its error.
    Wrong {
        errno: Errno,
        event: u8,
    },
}

struct Event {
    userdata: u64,
    errno: Option<Errno>,
    event: u8,
}

impl Event {
    fn put(&self, guest: &mut Guest<'_>, at: u32) -> Result<(), Errno> {
        let mut bytes = [0u8; EVENT_BYTES as usize];
        bytes[0..8].copy_from_slice(&self.userdata.to_le_bytes());
        bytes[8..10].copy_from_slice(&self.errno.map_or(0, |errno| errno as u16).to_le_bytes());
        bytes[10] = self.event;
        guest.put(at, &bytes)
    }
}

impl WasiCtx {
    pub(crate) fn sched_yield(&mut self, _guest: &mut Guest<'_>, (): ()) -> Result<(), Errno> {
        thread::yield_now();
        Ok(())
    }

    pub(crate) fn poll_oneoff(
        &mut self,
        guest: &mut Guest<'_>,
        (subscriptions, events, count, out): (u32, u32, u32, u32),
    ) -> Result<(), Errno> {
        if count == 0 || count > SUBSCRIPTIONS_MAX {
            return Err(Errno::Inval);
        }
        guest.range(events, u64::from(count) * u64::from(EVENT_BYTES))?;
        guest.range(out, 4)?;
        let asked = self.subscriptions(guest, subscriptions, count)?;
        let ready = self.wait(&asked);
        for (k, event) in (0u32..).zip(&ready) {
            event.put(guest, events + k * EVENT_BYTES)?;
        }
        guest.put_u32(out, u32::try_from(ready.len()).map_err(|_| Errno::Overflow)?)
    }

    fn subscriptions(&mut self, guest: &Guest<'_>, at: u32, count: u32) -> Result<Vec<Subscription>, Errno> {
        let stride = match guest.abi {
            Abi::Preview1 => 48,
            Abi::Unstable => 56,
        };
        guest.range(at, u64::from(count) * u64::from(stride))?;
        (0..count).map(|k| self.subscription(guest, at + k * stride)).collect()
    }

    /// | field     | preview 1 | unstable |
    /// | --------- | --------- | -------- |
    /// | type      | u8 at 8   | u8 at 8 |
    /// | clock     | 16        | 24, after an identifier |
    /// | timeout   | 24        | 32 |
    /// | flags     | 40        | 48 |
    /// | descriptor | 16       | 16 |
    fn subscription(&mut self, guest: &Guest<'_>, at: u32) -> Result<Subscription, Errno> {
        let userdata = guest.u64(at)?;
        let event = guest.u8(at + 8)?;
        let what = match event {
            EVENT_CLOCK => {
                let clock = at + if guest.abi == Abi::Preview1 { 16 } else { 24 };
                let absolute = guest.u16(clock + 24)? & CLOCK_ABSOLUTE != 0;
                self.clock(guest.u32(clock)?, guest.u64(clock + 8)?, absolute)
            }
            EVENT_READ | EVENT_WRITE => What::Descriptor { fd: guest.u32(at + 16)?, event },
            _ => return Err(Errno::Inval),
        };
        Ok(Subscription { userdata, what })
    }

    fn clock(&mut self, clock: u32, timeout_ns: u64, absolute: bool) -> What {
        match self.clocks.now_ns(clock) {
            Err(errno) => What::Wrong { errno, event: EVENT_CLOCK },
            Ok(now_ns) if absolute => What::Clock { timeout_ns: timeout_ns.saturating_sub(now_ns) },
            Ok(_) => What::Clock { timeout_ns },
        }
    }

    /// The events that have happened once the first has.
    fn wait(&mut self, asked: &[Subscription]) -> Vec<Event> {
        let ready: Vec<_> = asked.iter().filter_map(|one| self.at_once(one)).collect();
        if !ready.is_empty() {
            return ready;
        }
        let earliest_ns = asked.iter().filter_map(|one| match one.what {
            What::Clock { timeout_ns } => Some(timeout_ns),
            What::Descriptor { .. } | What::Wrong { .. } => None,
        });
        let earliest_ns = earliest_ns.min();
        let input_ready = if asked.iter().any(|one| matches!(one.what, What::Descriptor { .. })) {
            wait_for_input(earliest_ns)
        } else {
            self.clocks.sleep(earliest_ns.unwrap_or(0));
            false
        };
        let happened = |one: &Subscription| match one.what {
            What::Clock { timeout_ns } => !input_ready && Some(timeout_ns) == earliest_ns,
            What::Descriptor { .. } => input_ready,
            What::Wrong { .. } => false,
        };
        asked.iter().filter(|one| happened(one)).map(|one| event_of(one, None)).collect()
    }

    /// The event of a subscription that needs no waiting.
    fn at_once(&self, one: &Subscription) -> Option<Event> {
        match one.what {
            What::Clock { timeout_ns } => (timeout_ns == 0).then(|| event_of(one, None)),
            What::Wrong { errno, .. } => Some(event_of(one, Some(errno))),
            What::Descriptor { fd, event } => match (self.fds.get(fd).map(|found| &found.target), event) {
                (Err(errno), _) => Some(event_of(one, Some(errno))),
                // Only the host's own input can make a guest wait.
                (Ok(Target::Input(source)), EVENT_READ) if source.is_inherited() => None,
                (Ok(Target::Input(_)), EVENT_WRITE) | (Ok(Target::Output(_)), EVENT_READ) => {
                    Some(event_of(one, Some(Errno::Badf)))
                }
                (Ok(_), _) => Some(event_of(one, None)),
            },
        }
    }
}

fn event_of(one: &Subscription, errno: Option<Errno>) -> Event {
    let event = match one.what {
        What::Clock { .. } => EVENT_CLOCK,
        What::Descriptor { event, .. } | What::Wrong { event, .. } => event,
    };
    Event { userdata: one.userdata, errno, event }
}

/// Waits until the host's standard input can be read, or for the time given. A failure counts as readable: the
/// guest's read will say why.
fn wait_for_input(timeout_ns: Option<u64>) -> bool {
    let stdin = std::io::stdin();
    let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
    let timeout = timeout_ns.map(|ns| Timespec {
        tv_sec: i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX),
        tv_nsec: i64::try_from(ns % 1_000_000_000).unwrap_or(0),
    });
    !matches!(rustix::event::poll(&mut fds, timeout.as_ref()), Ok(0))
}
