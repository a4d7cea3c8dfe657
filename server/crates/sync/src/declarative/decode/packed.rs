//! Packed answers, unpacked with a bound: a small archive may hold an endless one.

use std::io::{self, BufReader, Cursor, Read, Seek};

use flate2::read::MultiGzDecoder;
use tempfile::{SpooledData, spooled_tempfile};
use zip::ZipArchive;

use super::{Bounds, Decoder, Each, Source};
use crate::declarative::request::{Body, Page};
use crate::fault::Fault;
use crate::process::plain_bytes;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Unpacks what is packed and passes the rest on as it is.
pub fn gunzip(
    inner: &Decoder,
    source: Source<'_>,
    bounds: Bounds,
    each: &mut Each<'_>,
) -> Result<(), Fault> {
    let mut reader: Box<dyn Read + Send + '_> = match source {
        Source::Memory(bytes) if !bytes.starts_with(&GZIP) => {
            return inner.decode(Source::Memory(bytes), bounds, each);
        }
        Source::Memory(bytes) => Box::new(bytes),
        Source::Reader(reader) => reader,
    };
    let mut head = Vec::new();
    reader
        .by_ref()
        .take(2)
        .read_to_end(&mut head)
        .map_err(super::fault)?;
    let packed = head == GZIP;
    let whole = Cursor::new(head).chain(reader);
    let source = if packed {
        let bounded = Bounded::new(MultiGzDecoder::new(whole), bounds.unpacked);
        Source::Reader(Box::new(bounded))
    } else {
        Source::Reader(Box::new(whole))
    };
    inner.decode(source, bounds, each)
}

/// Every file of the archive, in the archive's order.
pub fn unzip(
    inner: &Decoder,
    page: &Page,
    bounds: Bounds,
    each: &mut Each<'_>,
) -> Result<(), Fault> {
    match &page.body {
        Body::Memory(bytes) => files(inner, Cursor::new(bytes), bounds, each),
        Body::File { .. } => files(inner, page.seekable(), bounds, each),
    }
}

fn files(
    inner: &Decoder,
    reader: impl Read + Seek + Send,
    bounds: Bounds,
    each: &mut Each<'_>,
) -> Result<(), Fault> {
    let bad = |error: zip::result::ZipError| {
        Fault::upstream("The answer is not a ZIP archive that can be read.")
            .with_detail(error.to_string())
    };
    let mut archive = ZipArchive::new(reader).map_err(bad)?;
    let mut left = bounds.unpacked;
    for at in 0..archive.len() {
        let file = archive.by_index(at).map_err(bad)?;
        if file.is_dir() {
            continue;
        }
        left = left
            .checked_sub(file.size())
            .ok_or_else(|| too_large(bounds.unpacked))?;
        let name = file.name().map_err(bad)?.into_owned();
        let bounded = Bounded::new(file, left.saturating_add(1));
        // The archive's reader may not leave this thread; what the decoders take has to be able to.
        let mut content = spooled_tempfile(IN_MEMORY);
        let size = io::copy(&mut bounded.take(MEMBER), &mut content).map_err(super::fault)?;
        if size >= MEMBER {
            return Err(too_large(MEMBER));
        }
        content.rewind().map_err(super::fault)?;
        let content = content.into_inner();
        let source = match &content {
            SpooledData::InMemory(bytes) => Source::Memory(bytes.get_ref()),
            SpooledData::OnDisk(file) => Source::Reader(Box::new(BufReader::new(file))),
        };
        inner.decode(source, bounds, each).map_err(|fault| {
            let text = format!("The file “{name}” of the ZIP archive cannot be read.");
            let detail = fault.to_string();
            Fault::new(fault.kind, text).with_detail(detail)
        })?;
    }
    Ok(())
}

/// A larger file of an archive is unpacked into one.
const IN_MEMORY: usize = 8 * 1024 * 1024;
/// Most of one file of an archive.
const MEMBER: u64 = 256 * 1024 * 1024;

fn too_large(limit: u64) -> Fault {
    Fault::data(format!(
        "The packed answer unpacks to more than {}, the most allowed.",
        plain_bytes(limit)
    ))
}

/// Ends with a fault after so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
    limit: u64,
}

impl<R> Bounded<R> {
    const fn new(inner: R, limit: u64) -> Self {
        Self {
            inner,
            left: limit,
            limit,
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let bytes = u64::try_from(count).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(bytes)
            .ok_or_else(|| io::Error::other(too_large(self.limit)))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn unpacks_bounds_and_passes_plain_text() {
        let lines = b"{\"a\":1}\n{\"a\":2}\n";
        for bytes in [gzip(lines), lines.to_vec()] {
            let mut count = 0;
            gunzip(
                &Decoder::JsonLines,
                Source::Memory(&bytes),
                Bounds::default(),
                &mut |_| {
                    count += 1;
                    Ok(())
                },
            )
            .unwrap();
            assert_eq!(count, 2);
        }
        let bomb = gzip(&vec![b'\n'; 1_000_000]);
        let bounds = Bounds {
            unpacked: 10_000,
            ..Bounds::default()
        };
        let fault = gunzip(
            &Decoder::JsonLines,
            Source::Memory(&bomb),
            bounds,
            &mut |_| Ok(()),
        )
        .unwrap_err();
        assert!(fault.message.contains("unpacks to more"), "{fault}");
    }
}
