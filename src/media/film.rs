//! The headers of an MP4 file: size of the picture and duration. Reads box headers and the `moov` box, never the film;
//! no length that the file claims is believed before it is compared with the file's.

use std::io::{self, Read, Seek, SeekFrom};

use mp4parse::{MediaContext, Track, TrackType};

/// Largest `moov` box read: the tables of many hours of film.
const MAX_MOOV: u64 = 16 * 1024 * 1024;
/// Boxes looked at before giving up.
const MAX_BOXES: usize = 1_000;
/// A longer film has a broken header.
const MAX_DURATION_MS: u128 = 10 * 365 * 24 * 3_600_000;

/// What the headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Film {
    /// Pixels, as shown.
    pub width: u32,
    /// Pixels, as shown.
    pub height: u32,
    /// `None` when the file does not say, as with some recordings in fragments.
    pub duration_ms: Option<u64>,
}

/// Why a file is no film that can be shown: a key of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Unshowable(pub &'static str);

const DAMAGED: Unshowable = Unshowable("media.error.film_damaged");
const CUT: Unshowable = Unshowable("media.error.film_cut");

/// Reads the headers of a file of `bytes` bytes.
pub fn read(file: &mut (impl Read + Seek), bytes: u64) -> Result<Film, Unshowable> {
    let moov = find_moov(file, bytes)?;
    let context = mp4parse::read_mp4(&mut moov.as_slice()).map_err(|_| DAMAGED)?;
    let video = context.tracks.iter().find(|t| t.track_type == TrackType::Video);
    let video = video.ok_or(Unshowable("media.error.film_without_picture"))?;
    let (width, height) = size(video).filter(|(w, h)| *w > 0 && *h > 0).ok_or(DAMAGED)?;
    Ok(Film { width, height, duration_ms: duration(&context, video) })
}

/// Walks the boxes of the file. Goes on behind `moov`, to notice a film that lacks its end.
fn find_moov(file: &mut (impl Read + Seek), bytes: u64) -> Result<Vec<u8>, Unshowable> {
    let (mut at, mut moov) = (0, None);
    for _ in 0..MAX_BOXES {
        if at + 8 > bytes {
            break;
        }
        let (name, length) = match header(file, at, bytes) {
            Ok(Some(found)) => found,
            // Rubbish behind a complete film harms nobody.
            Ok(None) if moov.is_some() => break,
            _ => return Err(DAMAGED),
        };
        if at.checked_add(length).is_none_or(|end| end > bytes) {
            return Err(CUT);
        }
        if &name == b"moov" && moov.is_none() {
            moov = Some(take(file, at, length).map_err(|_| DAMAGED)?);
        }
        at += length;
    }
    moov.ok_or(DAMAGED)
}

/// Name and whole length of the box at `at`; `None` when there is none.
fn header(file: &mut (impl Read + Seek), at: u64, bytes: u64) -> io::Result<Option<([u8; 4], u64)>> {
    let mut start = [0; 8];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut start)?;
    let (size, name) = (&start[..4], &start[4..]);
    let name: [u8; 4] = name.try_into().expect("it is the half of eight bytes");
    if !name.iter().all(|b| (0x20..0x7f).contains(b) || *b == 0xa9) {
        return Ok(None);
    }
    let length = match u32::from_be_bytes(size.try_into().expect("it is the half of eight bytes")) {
        0 => bytes - at,
        1 => {
            let mut large = [0; 8];
            file.read_exact(&mut large)?;
            u64::from_be_bytes(large)
        }
        size => u64::from(size),
    };
    Ok((length >= 8).then_some((name, length)))
}

fn take(file: &mut (impl Read + Seek), at: u64, length: u64) -> io::Result<Vec<u8>> {
    if length > MAX_MOOV {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut moov = Vec::new();
    file.seek(SeekFrom::Start(at))?;
    file.take(length).read_to_end(&mut moov)?;
    Ok(moov)
}

/// Size as shown: phones write an upright film as a lying one that is turned by a matrix.
fn size(track: &Track) -> Option<(u32, u32)> {
    let header = track.tkhd.as_ref()?;
    // 16.16 fixed point.
    let (width, height) = (header.width >> 16, header.height >> 16);
    let turned = header.matrix.a == 0 && header.matrix.d == 0 && header.matrix.b != 0 && header.matrix.c != 0;
    Some(if turned { (height, width) } else { (width, height) })
}

fn duration(context: &MediaContext, track: &Track) -> Option<u64> {
    let of_track = || Some((track.duration?.0, track.timescale?.0));
    let of_fragments = || Some((context.mvex.as_ref()?.fragment_duration?.0, context.timescale?.0));
    [of_track(), of_fragments()].into_iter().flatten().find_map(|(units, per_second)| {
        let ms = u128::from(units) * 1_000 / u128::from(per_second).max(1);
        u64::try_from(ms).ok().filter(|_| (1..=MAX_DURATION_MS).contains(&ms))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Film, Unshowable> {
        super::read(&mut Cursor::new(bytes), bytes.len() as u64)
    }

    fn a_box(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
    }

    #[test]
    fn claimed_lengths_are_not_believed() {
        let ftyp = a_box(b"ftyp", b"isom\0\0\0\0");
        let longer = [&ftyp[..], &1_000_000u32.to_be_bytes(), b"moov"].concat();
        assert_eq!(read(&longer), Err(CUT));
        let huge = [&ftyp[..], &1u32.to_be_bytes(), b"mdat", &u64::MAX.to_be_bytes()].concat();
        assert_eq!(read(&huge), Err(CUT));
        let tiny = [&ftyp[..], &4u32.to_be_bytes(), b"moov", &[0; 64]].concat();
        assert_eq!(read(&tiny), Err(DAMAGED));
        assert_eq!(read(&ftyp), Err(DAMAGED));
        assert_eq!(read(&[]), Err(DAMAGED));
    }

    #[test]
    fn any_rubbish_in_the_header_is_refused_and_not_believed() {
        for seed in 0..2_000u32 {
            let noise: Vec<u8> =
                (0..200u32).map(|n| (n.wrapping_mul(2_654_435_761).wrapping_add(seed * 40_503) >> 13) as u8).collect();
            let stts = a_box(b"stts", &[&[0; 4][..], &u32::MAX.to_be_bytes(), &noise].concat());
            let stbl = a_box(b"stbl", &[stts, a_box(b"stsd", &noise)].concat());
            let trak = a_box(b"trak", &a_box(b"mdia", &a_box(b"minf", &stbl)));
            assert!(read(&[a_box(b"ftyp", b"isom\0\0\0\0"), a_box(b"moov", &trak)].concat()).is_err());
        }
    }
}
