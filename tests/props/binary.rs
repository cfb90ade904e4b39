//! Writes modules in the binary format, where text would be too long.

/// An unsigned number as the format has it.
pub(crate) fn leb(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = u8::try_from(value & 0x7F).unwrap();
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

/// Type codes.
pub(crate) const I32: u8 = 0x7F;
pub(crate) const I64: u8 = 0x7E;
pub(crate) const F64: u8 = 0x7C;

/// A module under construction. Sections are added in order.
pub(crate) struct Builder(Vec<u8>);

impl Builder {
    /// A module without sections.
    pub(crate) fn new() -> Self {
        Self(b"\0asm\x01\0\0\0".to_vec())
    }

    /// A section with a vector of items.
    pub(crate) fn section(mut self, id: u8, items: &[Vec<u8>]) -> Self {
        let content = [leb(items.len()), items.concat()].concat();
        self.0.push(id);
        self.0.extend(leb(content.len()));
        self.0.extend(content);
        self
    }

    /// The type section.
    pub(crate) fn types(self, types: &[(&[u8], &[u8])]) -> Self {
        let list = |types: &[u8]| [leb(types.len()), types.to_vec()].concat();
        let items: Vec<_> =
            types.iter().map(|(from, to)| [vec![0x60], list(from), list(to)].concat()).collect();
        self.section(1, &items)
    }

    /// Functions of these types.
    pub(crate) fn funcs(self, types: &[usize]) -> Self {
        self.section(3, &types.iter().map(|&ty| leb(ty)).collect::<Vec<_>>())
    }

    /// A memory of one page.
    pub(crate) fn memory(self) -> Self {
        self.section(5, &[vec![0, 1]])
    }

    /// Bodies, and the module is complete.
    pub(crate) fn bodies(self, bodies: &[Body]) -> Vec<u8> {
        let items: Vec<_> = bodies.iter().map(Body::bytes).collect();
        self.section(10, &items).0
    }
}

/// A function's body.
#[derive(Clone, Default)]
pub(crate) struct Body {
    /// Runs of locals.
    pub(crate) locals: Vec<(usize, u8)>,
    /// Its operators without the last `end`.
    pub(crate) code: Vec<u8>,
}

impl Body {
    /// A body with these locals.
    pub(crate) fn new(locals: &[(usize, u8)]) -> Self {
        Self { locals: locals.to_vec(), code: Vec::new() }
    }

    /// Appends operators.
    pub(crate) fn op(mut self, code: &[u8]) -> Self {
        self.code.extend(code);
        self
    }

    /// Appends an operator with an index.
    pub(crate) fn index(mut self, op: u8, index: usize) -> Self {
        self.code.push(op);
        self.code.extend(leb(index));
        self
    }

    /// Appends the same operators many times.
    pub(crate) fn repeat(mut self, times: usize, code: &[u8]) -> Self {
        self.code.extend(code.repeat(times));
        self
    }

    /// Appends operators for each number.
    pub(crate) fn each(self, times: usize, append: impl Fn(Self, usize) -> Self) -> Self {
        (0..times).fold(self, append)
    }

    fn bytes(&self) -> Vec<u8> {
        let locals: Vec<u8> =
            self.locals.iter().flat_map(|&(count, ty)| [leb(count), vec![ty]].concat()).collect();
        let content = [leb(self.locals.len()), locals, self.code.clone(), vec![0x0B]].concat();
        [leb(content.len()), content].concat()
    }
}
