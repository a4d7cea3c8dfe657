//! The container of an .xls, or of an .xlsx with a password, as far as its workbook: chains of sectors, none of which is followed
//! further than the file is long.

use encoding_rs::UTF_16LE;

/// Ends a chain; numbers from here on are no sectors.
const END: u32 = 0xffff_fffe;
const FIRST_SPECIAL: u32 = 0xffff_fffa;
const FIRST_NO_TABLE: u32 = 0xffff_fffc;
const HEADER_BYTES: usize = 512;
const ENTRY_BYTES: usize = 128;
/// Shorter streams are kept in small sectors.
const SHORT_BYTES: u64 = 4096;
const SMALL_SECTOR: usize = 64;
/// What the workbook is called, in newer and in older versions.
const WORKBOOKS: [&str; 2] = ["Workbook", "Book"];

/// What an .xlsx with a password is kept in.
const LOCKED: &str = "EncryptedPackage";

/// What a container holds.
pub struct Contents {
    /// The workbook's records, under each of its names.
    pub workbooks: Vec<Vec<u8>>,
    /// Whether an .xlsx is in it instead, which then has a password.
    pub is_locked: bool,
}

/// Nothing if the container is damaged.
pub fn contents(bytes: &[u8]) -> Option<Contents> {
    let header = bytes.get(..HEADER_BYTES)?;
    let size = match u16_at(header, 30)? {
        9 => 512,
        12 => 4096,
        _ => return None,
    };
    let mut sectors = Chains {
        bytes: bytes.get(size..)?,
        size,
        next: Vec::new(),
    };
    sectors.next = sectors.table(header)?;
    let directory = sectors.chain(u32_at(header, 48)?, u64::MAX)?;
    let entries: Vec<Entry> = directory
        .chunks_exact(ENTRY_BYTES)
        .filter_map(|entry| Entry::read(entry, size))
        .collect();
    let root = entries.first()?;
    let small_table = u64::from(u32_at(header, 64)?);
    let (mut small, mut next) = (Vec::new(), Vec::new());
    if small_table > 0 {
        small = sectors.chain(root.start, root.bytes)?;
        let length = small_table.saturating_mul(u64::try_from(size).ok()?);
        next = numbers(&sectors.chain(u32_at(header, 60)?, length)?);
    }
    let small = Chains {
        bytes: &small,
        size: SMALL_SECTOR,
        next,
    };
    let named = |name: &str| {
        entries
            .iter()
            .find(|entry| entry.name.eq_ignore_ascii_case(name))
    };
    let mut workbooks = Vec::new();
    for entry in WORKBOOKS.into_iter().filter_map(named) {
        let chains = if entry.bytes < SHORT_BYTES {
            &small
        } else {
            &sectors
        };
        workbooks.push(chains.chain(entry.start, entry.bytes)?);
    }
    Some(Contents {
        is_locked: workbooks.is_empty() && named(LOCKED).is_some(),
        workbooks,
    })
}

/// A stream in the directory.
struct Entry {
    name: String,
    start: u32,
    bytes: u64,
}

impl Entry {
    fn read(entry: &[u8], sector: usize) -> Option<Self> {
        let name = UTF_16LE.decode(entry.get(..64)?).0;
        let low = u64::from(u32_at(entry, 120)?);
        let high = u64::from(u32_at(entry, 124)?);
        Some(Self {
            name: name.split('\0').next()?.to_owned(),
            start: u32_at(entry, 116)?,
            // The older version has no more than the lower half.
            bytes: if sector == 512 {
                low
            } else {
                (high << 32) | low
            },
        })
    }
}

/// Sectors, and which follows which.
struct Chains<'a> {
    bytes: &'a [u8],
    size: usize,
    next: Vec<u32>,
}

impl Chains<'_> {
    /// What the sectors say about the order of all: their own numbers stand in the header, and then in a chain.
    fn table(&self, header: &[u8]) -> Option<Vec<u32>> {
        let mut places = numbers(header.get(76..)?);
        let mut more = u32_at(header, 68)?;
        let mut read = 0;
        while more < FIRST_SPECIAL {
            read += 1;
            if read > self.count() {
                return None;
            }
            places.extend(numbers(self.sector(more)?));
            more = places.pop()?;
        }
        places.retain(|place| *place < FIRST_NO_TABLE);
        if places.len() > self.count() {
            return None;
        }
        let mut table = Vec::new();
        for place in places {
            table.extend(numbers(self.sector(place)?));
        }
        Some(table)
    }

    /// The bytes of a chain, up to so many. One with more sectors than there are goes round in circles.
    fn chain(&self, start: u32, bytes: u64) -> Option<Vec<u8>> {
        let most = usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut all = Vec::new();
        let mut sector = start;
        let mut read = 0;
        while sector != END {
            read += 1;
            if read > self.count() {
                return None;
            }
            all.extend_from_slice(self.sector(sector)?);
            if all.len() >= most {
                all.truncate(most);
                break;
            }
            sector = *self.next.get(usize::try_from(sector).ok()?)?;
        }
        Some(all)
    }

    /// The last one may be cut.
    fn sector(&self, number: u32) -> Option<&[u8]> {
        let start = usize::try_from(number).ok()?.checked_mul(self.size)?;
        let end = start.checked_add(self.size)?.min(self.bytes.len());
        self.bytes.get(start..end)
    }

    fn count(&self) -> usize {
        self.bytes.len() / self.size + 1
    }
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().copied().map(u32::from_le_bytes).collect()
}

pub fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk::<2>()
        .copied()
        .map(u16::from_le_bytes)
}

pub fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk::<4>()
        .copied()
        .map(u32::from_le_bytes)
}
