//! Entities of 256 bytes in a store of plain rows (hecs): what something that is named by a handle costs.

use anyhow::Result;
use hecs::{Entity, World};

/// As many 64-bit words as fill a row.
const WORDS: usize = 32;

#[derive(Default)]
pub struct Entities {
    world: World,
    entities: Vec<Entity>,
}

impl Entities {
    fn one(&mut self, n: usize) -> Entity {
        self.world.spawn(([n as u64; WORDS],))
    }
}

impl super::Crowd for Entities {
    fn lives(&mut self, count: usize) -> Result<()> {
        for n in 0..count {
            let entity = self.one(n);
            self.world.despawn(entity)?;
        }
        Ok(())
    }

    fn spawn(&mut self, count: usize) -> Result<()> {
        for n in 0..count {
            let entity = self.one(n);
            self.entities.push(entity);
        }
        Ok(())
    }

    fn run(&mut self) -> Result<()> {
        Ok(())
    }

    fn free(&mut self) -> Result<()> {
        for entity in self.entities.drain(..) {
            self.world.despawn(entity)?;
        }
        Ok(())
    }
}
