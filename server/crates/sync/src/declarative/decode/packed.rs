//! Packed answers, unpacked with a bound: a small archive may hold an endless one.

use std::io::{self, BufReader, Cursor, Read, Seek};

use flate2::read::MultiGzDecoder;
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
        let size = file.size();
        left = left
            .checked_sub(size)
            .ok_or_else(|| too_large(bounds.unpacked))?;
        let name = file.name().map_err(bad)?.into_owned();
        let named = |fault: Fault| {
            let text = format!("The file “{name}” of the ZIP archive cannot be read.");
            let detail = fault.to_string();
            Fault::new(fault.kind, text).with_detail(detail)
        };
        // An archive may say less than there is.
        let mut file = Bounded::new(file, size);
        let mut whole = Vec::new();
        let source = if size <= IN_MEMORY {
            let read = file.read_to_end(&mut whole).map_err(super::fault);
            read.map_err(named)?;
            Source::Memory(&whole)
        } else {
            Source::Reader(Box::new(BufReader::new(file)))
        };
        inner.decode(source, bounds, each).map_err(named)?;
    }
    Ok(())
}

/// A larger file of an archive is never in memory as a whole: it is unpacked as it is read.
const IN_MEMORY: u64 = 8 * 1024 * 1024;

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

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;
    use crate::fault::Kind;

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

    fn zip(files: &[&[u8]]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (at, content) in files.iter().enumerate() {
            let options = SimpleFileOptions::default();
            archive.start_file(format!("{at}.txt"), options).unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    /// How many lines an archive holds for whoever unpacks so many bytes at most.
    fn lines(archive: &[u8], unpacked: u64) -> Result<usize, Fault> {
        let bounds = Bounds {
            unpacked,
            ..Bounds::default()
        };
        let mut count = 0;
        files(&Decoder::Lines, Cursor::new(archive), bounds, &mut |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    #[test]
    fn an_archive_has_the_bound_of_all_that_is_packed() {
        let in_memory = usize::try_from(IN_MEMORY).unwrap();
        let line = [vec![b'x'; 1024 * 1024 - 1], vec![b'\n']].concat();
        let large = line.repeat(in_memory / line.len() + 1);
        let archive = zip(&[b"small\n", &large]);
        let size = u64::try_from(large.len() + 6).unwrap();
        assert!(size > IN_MEMORY);
        assert_eq!(lines(&archive, size), Ok(10));
        let fault = lines(&archive, size - 1).unwrap_err();
        assert!(fault.message.contains("unpacks to more"), "{fault}");
    }

    #[test]
    fn a_damaged_file_is_told_by_its_name() {
        let line = [vec![b'x'; 1024 * 1024 - 1], vec![b'\n']].concat();
        for content in [&line, &line.repeat(9)] {
            let mut archive = zip(&[content]);
            // In the middle of what is packed: behind its header, before the directory.
            let middle = archive.len() / 2;
            archive[middle] ^= 0xff;
            let fault = lines(&archive, u64::MAX).unwrap_err();
            assert_eq!(fault.kind, Kind::Upstream, "{fault:?}");
            assert!(fault.message.contains("0.txt"), "{fault}");
        }
    }
}
