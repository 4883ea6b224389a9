//! What a client starts in place of a server: a program that passes its standard streams, signals and end on to the
//! harness, over a socket in a folder that only this user can enter.
//!
//! Both sides send frames: one byte for what it is, four for the length of the rest, big-endian.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::unix::OwnedReadHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::seat::{Done, FarSide, PIECE, Seat, Shown, seat};
use super::stdio::House;
use crate::action::SignalName;
use crate::transcript::ProcessEnd;

/// Most bytes of one frame.
const MAX_FRAME: u32 = 1 << 20;
/// Frames that may wait to be written.
const WAITING: usize = 64;
/// How often another name is tried for a folder.
const NAMES: u32 = 100;

const WROTE: u8 = b'w';
const CLOSED: u8 = b'c';
const SIGNALLED: u8 = b's';
const OUT: u8 = b'o';
const ERR: u8 = b'e';
const ENDED: u8 = b'x';

/// A socket in a folder of its own; both are removed when it is dropped.
#[derive(Debug)]
pub(super) struct Door {
    folder: PathBuf,
    socket: PathBuf,
}

impl Door {
    /// Make one.
    pub fn open() -> io::Result<(Self, UnixListener)> {
        let folder = private_folder()?;
        let door = Self { socket: folder.join("s"), folder };
        let listener = UnixListener::bind(&door.socket)?;
        Ok((door, listener))
    }

    /// Make one at a place that stays the same from one time to the next.
    pub fn open_at(socket: &Path) -> io::Result<(Self, UnixListener)> {
        if std::os::unix::net::UnixStream::connect(socket).is_ok() {
            return Err(io::Error::other(format!("another run waits at {} already", socket.display())));
        }
        // What an earlier run left that had no time to tidy up.
        let _ = std::fs::remove_file(socket);
        let folder = socket.parent().map(Path::to_owned).unwrap_or_default();
        let door = Self { socket: socket.to_owned(), folder };
        let listener = UnixListener::bind(&door.socket)?;
        Ok((door, listener))
    }

    pub fn path(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // What is left behind is empty.
        let _ = std::fs::remove_file(&self.socket);
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// The socket of this user's that stays the same from one run to the next, in a folder that nobody else can enter.
///
/// # Errors
/// When there is no such folder, and none can be made.
pub fn lasting_socket() -> io::Result<PathBuf> {
    let user = rustix::process::geteuid().as_raw();
    let folder = std::env::temp_dir().join(format!("mcp-assay-{user}-shim"));
    match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    let found = std::fs::symlink_metadata(&folder)?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
        let told = format!("{} is not a folder of yours that nobody else can enter: remove it", folder.display());
        return Err(io::Error::other(told));
    }
    Ok(folder.join("s"))
}

/// A new folder that only this user can enter; one that is there already is never taken.
fn private_folder() -> io::Result<PathBuf> {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let mut last = io::Error::other("no name was tried");
    for _ in 0..NAMES {
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("mcp-assay-{}-{number}", std::process::id()));
        match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => return Ok(folder),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => last = e,
            Err(e) => return Err(e),
        }
    }
    Err(last)
}

/// Take in shims until dropped.
pub(super) async fn welcome(listener: UnixListener, house: Arc<House>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (near, far): (Seat, FarSide) = seat();
        house.admit(near);
        tokio::spawn(carry(stream, far));
    }
}

/// What a shim says goes to the seat, and what that shows to the shim.
async fn carry(stream: UnixStream, far: FarSide) {
    let (mut reader, mut writer) = stream.into_split();
    let FarSide { done, mut shown } = far;
    let took = tokio::spawn(async move {
        loop {
            let what = match read_frame(&mut reader).await {
                Ok(Some((WROTE, bytes))) => Done::Wrote(bytes),
                Ok(Some((CLOSED, _))) => Done::Closed,
                Ok(Some((SIGNALLED, name))) => {
                    match SignalName::ALL.into_iter().find(|signal| signal.name().as_bytes() == name) {
                        Some(signal) => Done::Signalled(signal),
                        None => continue,
                    }
                }
                Ok(Some(_)) => continue,
                Ok(None) | Err(_) => Done::Gone,
            };
            let gone = matches!(what, Done::Gone);
            if done.send(what).await.is_err() || gone {
                return;
            }
        }
    });
    while let Some(what) = shown.recv().await {
        let (tag, bytes) = match what {
            Shown::Out(bytes) => (OUT, bytes),
            Shown::Err(bytes) => (ERR, bytes),
            Shown::Ended(end) => (ENDED, code_of(&end).to_be_bytes().to_vec()),
        };
        if write_frame(&mut writer, tag, &bytes).await.is_err() || tag == ENDED {
            break;
        }
    }
    // What it still has to say finds nobody.
    took.abort();
}

/// The exit code by which a shell tells such an end.
fn code_of(end: &ProcessEnd) -> i32 {
    match end {
        ProcessEnd::Code(code) => *code,
        ProcessEnd::Signal(signal) => 128 + signal,
        ProcessEnd::OutputClosed | ProcessEnd::Killed => 1,
    }
}

/// Be the shim: the exit code with which to end.
///
/// # Errors
/// When there is nobody at the socket.
pub async fn run_shim(socket: &Path) -> io::Result<u8> {
    let (reader, mut writer) = UnixStream::connect(socket).await?.into_split();
    let (frames, mut waiting) = mpsc::channel::<(u8, Vec<u8>)>(WAITING);
    for (kind, name) in [(SignalKind::terminate(), SignalName::Term), (SignalKind::interrupt(), SignalName::Int)] {
        let (mut signals, frames) = (signal(kind)?, frames.clone());
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                // A full line ends with the harness.
                let _ = frames.send((SIGNALLED, name.name().as_bytes().to_vec())).await;
            }
        });
    }
    tokio::spawn(async move {
        let mut stdin = tokio::io::stdin();
        let mut buffer = vec![0; PIECE];
        while let Ok(count @ 1..) = stdin.read(&mut buffer).await {
            let _ = frames.send((WROTE, buffer.get(..count).unwrap_or_default().to_vec())).await;
        }
        let _ = frames.send((CLOSED, Vec::new())).await;
    });
    tokio::spawn(async move {
        while let Some((tag, bytes)) = waiting.recv().await {
            // A harness that is gone shows where it is read.
            let _ = write_frame(&mut writer, tag, &bytes).await;
        }
        // The other side takes the end of this for that of the process.
        std::future::pending::<()>().await;
    });
    Ok(show(reader).await)
}

/// Show what the server does, until it ends.
async fn show(mut reader: OwnedReadHalf) -> u8 {
    let (mut stdout, mut stderr) = (tokio::io::stdout(), tokio::io::stderr());
    while let Ok(Some((tag, bytes))) = read_frame(&mut reader).await {
        match tag {
            // A client that does not read does not want to.
            OUT => drop((stdout.write_all(&bytes).await, stdout.flush().await)),
            ERR => drop((stderr.write_all(&bytes).await, stderr.flush().await)),
            ENDED => {
                let code = <[u8; 4]>::try_from(bytes.as_slice()).map_or(1, i32::from_be_bytes);
                return u8::try_from(code).unwrap_or(1);
            }
            _ => {}
        }
    }
    1
}

async fn write_frame(writer: &mut (impl AsyncWrite + Unpin), tag: u8, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    let mut frame = vec![tag];
    frame.extend(length.to_be_bytes());
    frame.extend(bytes);
    writer.write_all(&frame).await?;
    writer.flush().await
}

/// The next frame; none where there is none any more.
async fn read_frame(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut head = [0; 5];
    match reader.read_exact(&mut head).await {
        Ok(_) => {}
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(e) => return Err(e),
    }
    let [tag, a, b, c, d] = head;
    let length = u32::from_be_bytes([a, b, c, d]);
    if length > MAX_FRAME {
        return Err(io::Error::other(format!("a frame of {length} bytes is longer than {MAX_FRAME}")));
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    reader.read_exact(&mut bytes).await?;
    Ok(Some((tag, bytes)))
}
