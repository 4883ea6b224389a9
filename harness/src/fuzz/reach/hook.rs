//! The other end of a hook.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

use super::Called;

/// Longest first line of a hook, in bytes.
const MAX_LINE: usize = 200;
/// Places that a hook tells at a time, as it is written in them.
const MOST: u32 = 1 << 16;
/// How long to wait for a hook: its server may be busy.
const PATIENCE: Duration = Duration::from_secs(2);

/// A process that can be asked.
#[derive(Debug)]
pub(super) struct Hook(UnixStream);

impl Hook {
    /// What it answers; nothing when it is gone, or answers nothing of the kind in time.
    pub(super) async fn ask(&mut self, order: u8) -> Option<Vec<u32>> {
        tokio::time::timeout(PATIENCE, self.exchange(order)).await.ok()?.ok()
    }

    async fn exchange(&mut self, order: u8) -> std::io::Result<Vec<u32>> {
        self.0.write_all(&[order]).await?;
        let count = self.0.read_u32().await?;
        if count > MOST {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let mut places = vec![0; usize::try_from(count).unwrap_or(0) * 4];
        self.0.read_exact(&mut places).await?;
        Ok(places.chunks_exact(4).filter_map(|place| Some(u32::from_be_bytes(place.try_into().ok()?))).collect())
    }
}

/// Take up what calls.
pub(super) async fn accept(listener: UnixListener, called: Arc<Mutex<Called>>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let called = called.clone();
        tokio::spawn(async move {
            let Ok(Some(line)) = tokio::time::timeout(PATIENCE, first_line(&mut stream)).await else { return };
            let mut called = called.lock().unwrap_or_else(PoisonError::into_inner);
            match line.strip_prefix('-') {
                Some(why) => called.refused = why.to_owned(),
                None => called.hooks.push(Hook(stream)),
            }
        });
    }
}

async fn first_line(stream: &mut UnixStream) -> Option<String> {
    let mut line = Vec::new();
    while line.len() < MAX_LINE {
        match stream.read_u8().await.ok()? {
            b'\n' => return String::from_utf8(line).ok(),
            byte => line.push(byte),
        }
    }
    None
}
