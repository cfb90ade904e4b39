//! The picture of a console: 160 by 160 pixels of two bits, and what draws into it.
//!
//! Owns: [`Canvas`], [`Pen`]; every shape is clipped before it is walked through, so none takes longer than the picture is large.
//! Does not know: guests, their memory, letters (`font`).

/// Pixels in a row, and rows.
pub(crate) const SIZE: i32 = 160;

/// Bytes of a picture: four pixels each, the leftmost in the lowest bits.
pub(crate) const BYTES: usize = 6400;

/// How a sprite is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sprite<'a> {
    pub(crate) bytes: &'a [u8],
    /// Where it begins among pixels that lie in rows of `stride`.
    pub(crate) from: (i32, i32),
    pub(crate) stride: i32,
    pub(crate) size: (i32, i32),
    pub(crate) flags: u32,
}

/// Two bits per pixel, not one.
const TWO_BITS: u32 = 1;
const FLIP_X: u32 = 2;
const FLIP_Y: u32 = 4;
const ROTATE: u32 = 8;

/// A picture.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    bytes: Box<[u8; BYTES]>,
}

impl Canvas {
    pub(crate) fn new() -> Self {
        Self { bytes: Box::new([0; BYTES]) }
    }

    pub(crate) fn bytes(&self) -> &[u8; BYTES] {
        &self.bytes
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; BYTES] {
        &mut self.bytes
    }

    /// A pen with these four colors: a digit each, 0 for none, else one more than the color.
    pub(crate) fn pen(&mut self, colors: u16) -> Pen<'_> {
        Pen { bytes: &mut self.bytes, colors }
    }
}

/// Draws into a picture.
#[derive(Debug)]
pub(crate) struct Pen<'a> {
    bytes: &'a mut [u8; BYTES],
    colors: u16,
}

impl Pen<'_> {
    /// The color at one of the pen's four places, if there is one.
    fn color(&self, place: u32) -> Option<u8> {
        let digit = self.colors >> (4 * (place & 3)) & 0xF;
        (digit > 0).then(|| (digit.wrapping_sub(1) & 3).to_le_bytes()[0])
    }

    /// Sets a pixel that lies in the picture.
    fn set(&mut self, x: i32, y: i32, color: u8) {
        let at = (y * SIZE + x).cast_unsigned() as usize;
        let shift = (at & 3) * 2;
        let byte = &mut self.bytes[at / 4];
        *byte = *byte & !(3 << shift) | color << shift;
    }

    /// Sets a pixel, if it lies in the picture, to the color at a place.
    pub(crate) fn dot(&mut self, x: i32, y: i32, place: u32) {
        if let (0..SIZE, 0..SIZE, Some(color)) = (x, y, self.color(place)) {
            self.set(x, y, color);
        }
    }

    /// Pixels from `x` on in row `y`.
    pub(crate) fn row(&mut self, x: i32, y: i32, len: i64, place: u32) {
        let (Some(color), 0..SIZE) = (self.color(place), y) else { return };
        for x in clip(x, len) {
            self.set(x, y, color);
        }
    }

    /// Pixels from `y` on in column `x`.
    pub(crate) fn column(&mut self, x: i32, y: i32, len: i64, place: u32) {
        let (Some(color), 0..SIZE) = (self.color(place), x) else { return };
        for y in clip(y, len) {
            self.set(x, y, color);
        }
    }

    /// A line, both ends included.
    pub(crate) fn line(&mut self, from: (i32, i32), to: (i32, i32)) {
        let Some(color) = self.color(0) else { return };
        let [x0, y0, x1, y1] = [from.0, from.1, to.0, to.1].map(i64::from);
        // Walks along the longer side; what is beside it is rounded to the nearest pixel.
        let is_steep = (y1 - y0).abs() > (x1 - x0).abs();
        let (a, b) = if is_steep { ((y0, x0), (y1, x1)) } else { ((x0, y0), (x1, y1)) };
        let (a, b) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        let (length, rise) = (i128::from((b.0 - a.0).max(1)), i128::from(b.1 - a.1));
        for along in a.0.max(0)..=b.0.min(i64::from(SIZE) - 1) {
            let beside =
                i128::from(a.1) + (2 * rise * i128::from(along - a.0) + length).div_euclid(2 * length);
            if let (Ok(along), Ok(beside @ 0..SIZE)) = (i32::try_from(along), i32::try_from(beside)) {
                let (x, y) = if is_steep { (beside, along) } else { (along, beside) };
                self.set(x, y, color);
            }
        }
    }

    /// A rectangle: filled with the first color, its edge in the second.
    pub(crate) fn rect(&mut self, x: i32, y: i32, width: u32, height: u32) {
        let (Some(right), Some(bottom)) = (last(x, width), last(y, height)) else { return };
        for row in clip(y, height.into()) {
            self.row(x, row, width.into(), 0);
        }
        for row in [Some(y), i32::try_from(bottom).ok()].into_iter().flatten() {
            self.row(x, row, width.into(), 1);
        }
        for column in [Some(x), i32::try_from(right).ok()].into_iter().flatten() {
            self.column(column, y, height.into(), 1);
        }
    }

    /// An ellipse that fills a rectangle: filled with the first color, its edge in the second.
    pub(crate) fn oval(&mut self, x: i32, y: i32, width: u32, height: u32) {
        // Doubled, so that the middle lies on a whole number.
        let distance = |at: i32, from: i32, len: u32| {
            (2.0 * (f64::from(at) - f64::from(from)) + 1.0 - f64::from(len)) / f64::from(len)
        };
        let is_inside =
            |at: (i32, i32)| distance(at.0, x, width).powi(2) + distance(at.1, y, height).powi(2) <= 1.0;
        let (fill, edge) = (self.color(0), self.color(1));
        for py in clip(y, height.into()) {
            for px in clip(x, width.into()).filter(|&px| is_inside((px, py))) {
                let is_edge =
                    [(px - 1, py), (px + 1, py), (px, py - 1), (px, py + 1)].iter().any(|&at| !is_inside(at));
                if let Some(color) = edge.filter(|_| is_edge).or(fill) {
                    self.set(px, py, color);
                }
            }
        }
    }

    /// A sprite with its first corner at a place. Bits beyond its bytes are 0.
    pub(crate) fn blit(&mut self, sprite: &Sprite<'_>, x: i32, y: i32) {
        let has = |flag| sprite.flags & flag != 0;
        let (width, height) = sprite.size;
        let (wide, high) = if has(ROTATE) { (height, width) } else { (width, height) };
        for py in clip(y, high.into()) {
            for px in clip(x, wide.into()) {
                // A rotated sprite is turned to the left: its rows become columns, from the bottom up.
                let (sx, sy) = if has(ROTATE) { (py - y, px - x) } else { (px - x, py - y) };
                let sx = if has(FLIP_X) == has(ROTATE) { sx } else { width - 1 - sx };
                let sy = if has(FLIP_Y) { height - 1 - sy } else { sy };
                self.dot(px, py, sprite.pixel(sx, sy));
            }
        }
    }
}

impl Sprite<'_> {
    fn pixel(&self, x: i32, y: i32) -> u32 {
        let (x, y) = (i64::from(self.from.0) + i64::from(x), i64::from(self.from.1) + i64::from(y));
        let Ok(at) = usize::try_from(y * i64::from(self.stride) + x) else { return 0 };
        let byte = |at: usize| u32::from(self.bytes.get(at).copied().unwrap_or(0));
        if self.flags & TWO_BITS == 0 {
            byte(at / 8) >> (7 - at % 8) & 1
        } else {
            byte(at / 4) >> (6 - at % 4 * 2) & 3
        }
    }
}

/// The part of a stretch that lies in the picture.
fn clip(from: i32, len: i64) -> std::ops::Range<i32> {
    let end = (i64::from(from) + len).clamp(0, SIZE.into());
    from.clamp(0, SIZE)..i32::try_from(end).unwrap_or(SIZE)
}

/// The last pixel of a stretch, if it has one.
fn last(from: i32, len: u32) -> Option<i64> {
    (len > 0).then(|| i64::from(from) + i64::from(len) - 1)
}
