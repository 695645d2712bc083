//! Uncompresses an object by what its bytes are, not by its name, and saves what it can of a damaged one.

use std::borrow::Cow;
use std::io::Read;

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

/// Uncompresses gzip (of several members, too) and zstd (of several frames); anything else is returned as it is.
///
/// `limit` is the largest uncompressed size in bytes.
pub fn inflate(bytes: &[u8], limit: usize) -> Inflated<'_> {
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
        let before = inflated.bytes.len();
        match whole_member(rest, &mut inflated.bytes, limit) {
            Some(used) => rest = rest.get(used..).unwrap_or_default(),
            None => {
                inflated.bytes.truncate(before);
                rest = damaged_member(bytes, rest, &mut inflated, limit);
            }
        }
        // Padding with zeros behind the last member is allowed.
        if rest.iter().all(|byte| *byte == 0) {
            break;
        }
    }
    inflated
}

/// Inflates one whole member the fast way; `None` if anything is unusual about it.
fn whole_member(member: &[u8], out: &mut Vec<u8>, limit: usize) -> Option<usize> {
    // The trailer of the last member tells its size; of an earlier one this is a mere guess, tried and grown.
    let trailer: [u8; 4] = member.get(member.len().checked_sub(4)?..)?.try_into().ok()?;
    let start = out.len();
    // Deflate cannot do better than 1 to 1032.
    let most = limit.saturating_sub(start).min(member.len().saturating_mul(1032).saturating_add(64));
    let size = u32::from_le_bytes(trailer) as usize;
    if size > most {
        return None;
    }
    out.resize(start + size, 0);
    let mut engine = libdeflater::Decompressor::new();
    let written = engine.gzip_decompress(member, out.get_mut(start..)?).ok()?;
    // libdeflate reads one member and does not say how long it was: only a lone one is known to be used up.
    if written != size || has_second_member(member) {
        return None;
    }
    Some(member.len())
}

/// Tells whether more than one member may lie in these bytes.
fn has_second_member(bytes: &[u8]) -> bool {
    // A second member would need its own header; a chance hit inside the data only costs the slower way.
    memchr::memmem::find(bytes.get(10..).unwrap_or_default(), &GZIP).is_some()
}

/// Inflates a member step by step, keeping what comes before damage; returns what lies behind it.
fn damaged_member<'a>(whole: &[u8], member: &'a [u8], inflated: &mut Growing, limit: usize) -> &'a [u8] {
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
