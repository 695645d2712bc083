//! The archive: parts with their hashes, and nothing in it that depends on when or where it was made.

use std::io::Seek;
use std::io::Write;

use datafusion::execution::SendableRecordBatchStream;
use sha2::Digest;
use sha2::Sha256;
use zip::CompressionMethod;
use zip::DateTime;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::error::Error;
use crate::error::Result;
use crate::evidence::SCREEN;
use crate::output;
use crate::output::Format;

/// The name of the part that has the hashes of all others.
const MANIFEST: &str = "manifest.sha256";

/// An archive that is being written.
pub(super) struct Archive<W: Write + Seek> {
    zip: ZipWriter<W>,
    /// The name and hash of each part.
    parts: Vec<(String, String)>,
}

/// Hashes what is written.
struct Hashing<'a, W: Write> {
    inner: &'a mut W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

impl<W: Write + Seek + Send> Archive<W> {
    pub(super) fn new(out: W) -> Self {
        Self { zip: ZipWriter::new(out), parts: Vec::new() }
    }

    /// The parts there are, with their hashes.
    pub(super) fn parts(&self) -> &[(String, String)] {
        &self.parts
    }

    fn begin(&mut self, name: &str) -> Result<()> {
        // The clock stands still: the first day that the format knows.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        self.zip.start_file(name, options).map_err(|error| unwritable(error.into()))
    }

    /// Adds a part.
    pub(super) fn part(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.begin(name)?;
        self.zip.write_all(bytes).map_err(unwritable)?;
        self.parts.push((name.to_owned(), hex(&Sha256::digest(bytes))));
        Ok(())
    }

    /// Adds a part of rows; returns how many there were.
    pub(super) async fn result(
        &mut self,
        name: &str,
        rows: SendableRecordBatchStream,
        format: &'static Format,
    ) -> Result<u64> {
        self.begin(name)?;
        let mut hashing = Hashing { inner: &mut self.zip, hash: Sha256::new() };
        let rows = output::write(rows, format, &SCREEN, &mut hashing).await?;
        let hash = hex(&hashing.hash.finalize());
        self.parts.push((name.to_owned(), hash));
        Ok(rows)
    }

    /// Adds the manifest and ends the archive; returns how many parts it has.
    pub(super) fn finish(mut self) -> Result<usize> {
        self.parts.sort();
        let lines: String = self.parts.iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
        self.begin(MANIFEST)?;
        self.zip.write_all(lines.as_bytes()).map_err(unwritable)?;
        let mut out = self.zip.finish().map_err(|error| unwritable(error.into()))?;
        out.flush().map_err(unwritable)?;
        Ok(self.parts.len() + 1)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unwritable(error: std::io::Error) -> Error {
    Error::storage("cannot write the archive").caused_by(error)
}
