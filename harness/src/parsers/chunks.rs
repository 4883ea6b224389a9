//! How bytes arrive: cut at places that the first byte of the input chooses.

use crate::wire::Limits;

/// Small limits, so that short inputs reach them.
pub const TIGHT: Limits = Limits {
    message_bytes: 64,
    depth: 4,
    nodes: 12,
    batch: 2,
    anomalies: 2,
    line_bytes: 12,
    event_bytes: 16,
    head_bytes: 64,
    headers: 2,
    interim_heads: 1,
    body_bytes: 20,
};

/// An input of the incremental readers: a byte that says how, then the bytes to read.
pub struct Stream<'a> {
    /// The bytes to read.
    pub bytes: &'a [u8],
    /// The limits to read them with: tight ones where the first byte has bit 5 (`a`, not `A`).
    pub limits: Limits,
    how: u8,
}

impl<'a> Stream<'a> {
    /// `None` for the empty input.
    pub fn of(data: &'a [u8]) -> Option<Self> {
        let (&how, bytes) = data.split_first()?;
        let limits = if how & 0x20 == 0 { Limits::DEFAULT } else { TIGHT };
        Some(Self { bytes, limits, how: how & !0x20 })
    }

    /// Other bytes, that arrive in the same way.
    pub fn with<'b>(&self, bytes: &'b [u8]) -> Stream<'b> {
        Stream { bytes, limits: self.limits, how: self.how }
    }

    /// One bit more for the oracle's own use: bit 4 (`P`, not `A`).
    pub fn flag(&self) -> bool {
        self.how & 0x10 != 0
    }

    /// The bytes in pieces of 0 to 9: byte by byte for `@` and `P`, else of lengths that the first byte seeds.
    pub fn chunks(&self) -> Vec<&'a [u8]> {
        let mut state = u32::from(self.how & 0xf);
        let bytewise = state == 0;
        let mut rest = self.bytes;
        let mut chunks = Vec::new();
        while !rest.is_empty() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let length = if bytewise { 1 } else { (state >> 16) as usize % 10 };
            let (chunk, after) = rest.split_at(length.min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        chunks
    }
}
