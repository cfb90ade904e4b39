//! Dense ids local to a module, and vectors that accept only their own kind of id.
//!
//! An id is a position (`FuncIdx`, `TypeIdx`…): 4 bytes, counted from 0, meaningful only beside the vector it
//! indexes. Indexing an `IndexVec<FuncIdx, _>` with a `TypeIdx` does not compile. This file does not know what is
//! counted, and nothing here names a live row: that is `arena::handle`.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A position in one index space. Implemented by [`index_type!`] only.
pub(crate) trait Idx: Copy + Eq + Ord + fmt::Debug {
    /// The id at position `index`.
    ///
    /// # Panics
    /// If `index` does not fit in 32 bits: index spaces are limited far below that.
    fn from_usize(index: usize) -> Self;
    /// The position, for slices.
    fn index(self) -> usize;
}

/// Declares a `u32` newtype for one index space: `index_type!(/** … */ pub struct FuncIdx, "func");`.
/// It prints as `func7`. Methods: `new(u32)`, `from_usize`, `index() -> usize`, `as_u32()`.
macro_rules! index_type {
    ($(#[$meta:meta])* $vis:vis struct $name:ident, $noun:literal $(;)?) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        $vis struct $name(u32);

        impl $name {
            /// The id at position `index`.
            #[inline]
            #[must_use]
            $vis const fn new(index: u32) -> Self {
                Self(index)
            }

            /// The id at position `index`.
            ///
            /// # Panics
            /// If `index` does not fit in 32 bits: index spaces are limited far below that.
            #[inline]
            #[must_use]
            $vis fn from_usize(index: usize) -> Self {
                Self::new(u32::try_from(index).expect("an index space has at most 2^32 entries"))
            }

            /// The position, for slices.
            #[inline]
            #[must_use]
            $vis const fn index(self) -> usize {
                self.as_u32() as usize
            }

            /// The position as it stands in modules.
            #[inline]
            #[must_use]
            $vis const fn as_u32(self) -> u32 {
                self.0
            }
        }

        impl $crate::arena::index::Idx for $name {
            #[inline]
            fn from_usize(index: usize) -> Self {
                Self::from_usize(index)
            }
            #[inline]
            fn index(self) -> usize {
                self.index()
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!($noun, "{}"), self.0)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                write!(f, concat!($noun, "{}"), self.0)
            }
        }
    };
}
pub(crate) use index_type;

/// A vector whose positions are of type `I`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct IndexVec<I, T> {
    items: Vec<T>,
    key: PhantomData<fn(I)>,
}

impl<I: Idx, T> IndexVec<I, T> {
    /// An empty vector with room for `capacity` entries.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self::from(Vec::with_capacity(capacity))
    }

    /// Appends `item` and returns its id.
    #[inline]
    pub(crate) fn push(&mut self, item: T) -> I {
        let id = self.next_key();
        self.items.push(item);
        id
    }

    /// The id that the next `push` returns.
    #[inline]
    pub(crate) fn next_key(&self) -> I {
        I::from_usize(self.items.len())
    }

    /// The entry at `id`, if there is one.
    #[inline]
    pub(crate) fn get(&self, id: I) -> Option<&T> {
        self.items.get(id.index())
    }

    /// How many entries there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no entry.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Makes room for `additional` more entries.
    pub(crate) fn reserve(&mut self, additional: usize) {
        self.items.reserve(additional);
    }

    /// The entries in order.
    #[inline]
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.items.iter()
    }

    /// Ids and entries in order.
    pub(crate) fn iter_enumerated(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(index, item)| (I::from_usize(index), item))
    }

    /// All ids in order.
    pub(crate) fn keys(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.items.len()).map(I::from_usize)
    }

    /// The entries as a slice.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[T] {
        &self.items
    }
}

impl<I, T> From<Vec<T>> for IndexVec<I, T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, key: PhantomData }
    }
}

impl<I, T> Default for IndexVec<I, T> {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl<I, T> FromIterator<T> for IndexVec<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(items: It) -> Self {
        Self::from(Vec::from_iter(items))
    }
}

impl<I, T> Extend<T> for IndexVec<I, T> {
    fn extend<It: IntoIterator<Item = T>>(&mut self, items: It) {
        self.items.extend(items);
    }
}

impl<I: Idx, T> Index<I> for IndexVec<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Idx, T> IndexMut<I> for IndexVec<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}

impl<'a, I, T> IntoIterator for &'a IndexVec<I, T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl<I, T> IntoIterator for IndexVec<I, T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<I: Idx, T: fmt::Debug> fmt::Debug for IndexVec<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter_enumerated()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::IndexVec;

    index_type!(
        /// Positions of functions.
        struct FuncIdx,
        "func"
    );

    #[test]
    fn ids_print_their_noun_and_position() {
        assert_eq!(FuncIdx::new(7).to_string(), "func7");
        assert_eq!(format!("{:?}", Some(FuncIdx::new(0))), "Some(func0)");
        assert_eq!(size_of::<FuncIdx>(), 4);
    }

    #[test]
    fn push_returns_the_position_and_indexing_finds_it() {
        let mut names: IndexVec<FuncIdx, &str> = IndexVec::with_capacity(2);
        assert!(names.is_empty());
        let first = names.push("a");
        let second = names.push("b");
        assert_eq!((first.as_u32(), second.index(), names.len()), (0, 1, 2));
        names[first] = "c";
        assert_eq!((names[first], names.get(second), names.get(FuncIdx::new(2))), ("c", Some(&"b"), None));
        assert_eq!(
            names.iter_enumerated().map(|(id, _)| id).collect::<Vec<_>>(),
            names.keys().collect::<Vec<_>>()
        );
        assert_eq!(format!("{names:?}"), r#"{func0: "c", func1: "b"}"#);
    }

    #[test]
    fn collecting_keeps_the_order() {
        let squares: IndexVec<FuncIdx, u32> = (0..5).map(|n| n * n).collect();
        assert_eq!(squares.as_slice(), [0, 1, 4, 9, 16]);
        assert_eq!(squares.into_iter().sum::<u32>(), 30);
    }

    #[test]
    #[should_panic(expected = "an index space has at most 2^32 entries")]
    fn a_position_beyond_32_bits_is_refused() {
        let _ = FuncIdx::from_usize(1 << 32);
    }
}
