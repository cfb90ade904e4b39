//! Pictures as PNG files.
//!
//! Owns: the format, by the crate `png`. Does not know: what is in the picture.

use std::io::{self, BufWriter, Write};

use super::canvas::{BYTES, SIZE};

/// A picture and the four colors of its pixels, each 0xRRGGBB.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) pixels: Box<[u8; BYTES]>,
    pub(crate) palette: [u32; 4],
}

impl Picture {
    /// Writes it as PNG.
    pub(crate) fn write(&self, to: impl Write) -> io::Result<()> {
        let mut encoder = png::Encoder::new(BufWriter::new(to), SIZE.cast_unsigned(), SIZE.cast_unsigned());
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Two);
        let colors: Vec<u8> =
            self.palette.iter().flat_map(|color| color.to_be_bytes().into_iter().skip(1)).collect();
        encoder.set_palette(colors);
        let mut writer = encoder.write_header()?;
        // A console has the leftmost pixel in the lowest bits, a file in the highest.
        let turned = |byte: u8| (byte & 3) << 6 | (byte & 0xC) << 2 | byte >> 2 & 0xC | byte >> 6;
        let bytes: Vec<u8> = self.pixels.iter().map(|&byte| turned(byte)).collect();
        writer.write_image_data(&bytes)?;
        writer.finish()?;
        Ok(())
    }
}
