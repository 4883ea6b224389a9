//! How much of a peer's output the readers keep.

/// The deepest nesting any reader follows, whatever [`Limits::depth`] says: trees are dropped and converted recursively,
/// so this bounds the stack.
pub const MAX_DEPTH: usize = 512;

/// Bounds on what one reader keeps in memory. All sizes are bytes unless the name says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest JSON text that is parsed.
    pub message_bytes: usize,
    /// Deepest nesting of arrays and objects, at most [`MAX_DEPTH`].
    pub depth: usize,
    /// Most values (scalars, arrays, objects) in one JSON text.
    pub nodes: usize,
    /// Most messages in one batch.
    pub batch: usize,
    /// Most anomalies listed for one JSON text, beside the first that breaks JSON and the one that ended the reading; the
    /// rest are counted.
    pub anomalies: usize,
    /// Longest line of standard output and of an SSE stream.
    pub line_bytes: usize,
    /// Largest data of one SSE event.
    pub event_bytes: usize,
    /// Largest HTTP response head, also the largest trailer section and chunk-size line.
    pub head_bytes: usize,
    /// Most header fields in one HTTP head or trailer section.
    pub headers: usize,
    /// Most interim (1xx) responses before the final one.
    pub interim_heads: usize,
    /// Largest decoded HTTP body.
    pub body_bytes: u64,
}

impl Limits {
    /// What [`Limits::default`] gives.
    pub const DEFAULT: Self = Self {
        message_bytes: 16 * 1024 * 1024,
        depth: 128,
        nodes: 500_000,
        batch: 10_000,
        anomalies: 64,
        line_bytes: 16 * 1024 * 1024,
        event_bytes: 16 * 1024 * 1024,
        head_bytes: 64 * 1024,
        headers: 256,
        interim_heads: 16,
        body_bytes: 64 * 1024 * 1024,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
