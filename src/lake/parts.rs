//! The bytes of a file on their way from the encoder, which blocks, to the task that sends them.

use std::io;

use tokio::sync::mpsc::Sender;

/// Bytes sent to the store at a time; smaller files are sent at once.
pub(super) const PART_BYTES: usize = 8 << 20;

/// Collects what the encoder writes into parts, and hands them to the task that sends them.
pub(super) struct Parts {
    buffer: Vec<u8>,
    sender: Sender<Vec<u8>>,
}

impl Parts {
    pub(super) fn new(sender: Sender<Vec<u8>>) -> Self {
        Self { buffer: Vec::with_capacity(PART_BYTES), sender }
    }

    /// Hands over what is there.
    pub(super) fn send(&mut self) -> io::Result<()> {
        let part = std::mem::take(&mut self.buffer);
        self.sender.blocking_send(part).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl io::Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
