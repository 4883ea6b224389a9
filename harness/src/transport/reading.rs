//! Reading from a socket or pipe into a buffer that all connections of a thread share: those that wait, which are thousands,
//! hold none, and what has come is read at once.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

/// Most bytes that are read at a time.
const AT_ONCE: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Wait for bytes and put what has come in place of what `into` holds. How many there are: none at the end.
///
/// # Errors
/// As the socket has it.
pub async fn read_some<S: AsyncRead + Unpin + ?Sized>(socket: &mut S, into: &mut Vec<u8>) -> io::Result<usize> {
    poll_fn(|context| {
        BUFFER.with_borrow_mut(|buffer| {
            buffer.resize(AT_ONCE, 0);
            let mut read = ReadBuf::new(buffer);
            ready!(Pin::new(&mut *socket).poll_read(context, &mut read))?;
            into.clear();
            into.extend_from_slice(read.filled());
            Poll::Ready(Ok(into.len()))
        })
    })
    .await
}
