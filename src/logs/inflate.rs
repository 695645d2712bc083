//! Uncompresses an object by what its bytes are, not by its name, and saves what it can of a damaged one.

use std::borrow::Cow;
use std::io::Read;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::logs::Reject;

const GZIP: [u8; 3] = [0x1F, 0x8B, 0x08];
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// An uncompressed object.
#[derive(Debug, Default)]
pub struct Inflated<'a> {
    /// The uncompressed bytes, as far as they could be had.
    pub bytes: Cow<'a, [u8]>,
    /// What was wrong with the compressed ones.
    pub rejects: Vec<Reject>,
}

/// Room for the bytes of an object, kept from one object to the next.
///
/// Bytes that were never used before cost more than to uncompress into them: the system has to find and clear them.
#[derive(Debug)]
pub struct Room(Vec<u8>);

static SPARE: Mutex<Vec<Room>> = Mutex::new(Vec::new());

/// So much is kept for a reader, and for all of them together, in bytes.
const MOST_SPARE: usize = 8 << 20;
const MOST_SPARE_IN_ALL: usize = 32 << 20;

fn spare() -> MutexGuard<'static, Vec<Room>> {
    // The list is whole between any two of its operations.
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Room {
    /// Takes room that was given back, if there is any.
    pub fn take() -> Self {
        spare().pop().unwrap_or(Self(Vec::new()))
    }

    fn of(&mut self, size: usize) -> Option<&mut [u8]> {
        if self.0.len() < size {
            // Room that is too small is of no use: to grow it would copy what is in it.
            self.0 = vec![0; size];
        }
        self.0.get_mut(..size)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if !(1..=MOST_SPARE).contains(&self.0.len()) {
            return;
        }
        let mut spare = spare();
        if spare.len() < MOST_SPARE_IN_ALL / MOST_SPARE {
            let kept = Self(std::mem::take(&mut self.0));
            spare.push(kept);
        }
    }
}

/// Uncompresses gzip (of several members, too) and zstd (of several frames); anything else is returned as it is.
///
/// `limit` is the largest uncompressed size in bytes. The usual object's bytes lie in `room`.
pub fn inflate<'a>(bytes: &'a [u8], limit: usize, room: &'a mut Room) -> Inflated<'a> {
    if let Some(size) = lone_member(bytes, room, limit) {
        let bytes = Cow::Borrowed(room.0.get(..size).unwrap_or_default());
        return Inflated { bytes, rejects: Vec::new() };
    }
    let mut inflated = if bytes.starts_with(&GZIP) {
        gunzip(bytes, limit).into()
    } else if bytes.starts_with(&ZSTD) {
        unzstd(bytes, limit).into()
    } else {
        Inflated { bytes: bytes.into(), rejects: Vec::new() }
    };
    if let Some(kept) = inflated.bytes.get(..limit).filter(|kept| kept.len() < inflated.bytes.len()) {
        inflated.bytes = Cow::Owned(kept.to_vec());
        let reason = format!("larger than {limit} bytes uncompressed: what lies beyond was not read");
        inflated.rejects.push(Reject::new(limit, reason, b""));
    }
    inflated
}

/// What is being inflated.
#[derive(Debug, Default)]
struct Growing {
    bytes: Vec<u8>,
    rejects: Vec<Reject>,
}

impl From<Growing> for Inflated<'_> {
    fn from(growing: Growing) -> Self {
        Self { bytes: Cow::Owned(growing.bytes), rejects: growing.rejects }
    }
}

fn gunzip(bytes: &[u8], limit: usize) -> Growing {
    let mut inflated = Growing::default();
    let mut rest = bytes;
    while !rest.is_empty() && inflated.bytes.len() <= limit {
        rest = member(bytes, rest, &mut inflated, limit);
        // Padding with zeros behind the last member is allowed.
        if rest.iter().all(|byte| *byte == 0) {
            break;
        }
    }
    inflated
}

/// Inflates an object that is one whole member the fast way; `None` if anything is unusual about it.
fn lone_member(bytes: &[u8], room: &mut Room, limit: usize) -> Option<usize> {
    if !bytes.starts_with(&GZIP) {
        return None;
    }
    // The trailer tells the size; of an earlier member, or before padding, this is a mere guess, which is tried.
    let trailer: [u8; 4] = bytes.get(bytes.len().checked_sub(4)?..)?.try_into().ok()?;
    // Deflate cannot do better than 1 to 1032.
    let most = limit.min(bytes.len().saturating_mul(1032).saturating_add(64));
    let size = u32::from_le_bytes(trailer) as usize;
    if size > most {
        return None;
    }
    let mut engine = libdeflater::Decompressor::new();
    let written = engine.gzip_decompress(bytes, room.of(size)?).ok()?;
    // libdeflate reads one member and does not say how long it was: only a lone one is known to be used up.
    (written == size && !has_second_member(bytes)).then_some(size)
}

/// Tells whether more than one member may lie in these bytes.
fn has_second_member(bytes: &[u8]) -> bool {
    // A second member would need its own header; a chance hit inside the data only costs the slower way.
    memchr::memmem::find(bytes.get(10..).unwrap_or_default(), &GZIP).is_some()
}

/// Inflates a member step by step, keeping what comes before damage; returns what lies behind it.
fn member<'a>(whole: &[u8], member: &'a [u8], inflated: &mut Growing, limit: usize) -> &'a [u8] {
    let mut decoder = flate2::bufread::GzDecoder::new(member);
    let room = (limit + 1).saturating_sub(inflated.bytes.len()) as u64;
    let before = inflated.bytes.len();
    let result = decoder.by_ref().take(room).read_to_end(&mut inflated.bytes);
    if result.is_err() {
        last_sound_bytes(member, inflated.bytes.len() - before, &mut inflated.bytes);
    }
    let left = decoder.into_inner();
    let offset = whole.len() - left.len();
    let reason = match result {
        Ok(_) if inflated.bytes.len() > limit => return &[],
        Ok(_) if left.starts_with(&GZIP) => return left,
        Ok(_) if left.iter().all(|byte| *byte == 0) => return &[],
        Ok(_) => {
            format!("{} bytes that are not gzip follow the archive, at compressed byte {offset}", left.len())
        }
        Err(error) => format!("gzip is damaged near compressed byte {offset}: {error}"),
    };
    inflated.rejects.push(Reject::new(inflated.bytes.len(), reason, b""));
    next_member(member.get(1..).unwrap_or_default())
}

/// Inflates byte by byte what a read that met damage has thrown away with its error.
fn last_sound_bytes(member: &[u8], known: usize, out: &mut Vec<u8>) {
    let mut decoder = flate2::bufread::GzDecoder::new(member);
    let skipped = std::io::copy(&mut decoder.by_ref().take(known as u64), &mut std::io::sink());
    let mut byte = [0];
    while skipped.is_ok() && matches!(decoder.read(&mut byte), Ok(1)) {
        out.extend_from_slice(&byte);
    }
}

/// Finds the next place from which a whole member can be inflated.
fn next_member(bytes: &[u8]) -> &[u8] {
    const TRIES: usize = 64;
    for at in memchr::memmem::find_iter(bytes, &GZIP).take(TRIES) {
        let candidate = bytes.get(at..).unwrap_or_default();
        let mut first = [0; 512];
        let mut decoder = flate2::bufread::GzDecoder::new(candidate);
        // Half a kilobyte of sound data, or a sound short member, is no chance hit.
        let mut filled = 0;
        loop {
            match decoder.read(&mut first[filled..]) {
                Ok(0) if filled > 0 => return candidate,
                Ok(0) | Err(_) => break,
                Ok(count) => filled += count,
            }
        }
    }
    &[]
}

fn unzstd(bytes: &[u8], limit: usize) -> Growing {
    let mut inflated = Growing::default();
    let result = zstd::stream::read::Decoder::with_buffer(bytes)
        .and_then(|decoder| decoder.take(limit as u64 + 1).read_to_end(&mut inflated.bytes));
    if let Err(error) = result {
        let reason = format!("zstd is damaged: {error}");
        inflated.rejects.push(Reject::new(inflated.bytes.len(), reason, b""));
    }
    inflated
}
