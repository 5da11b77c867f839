//! Removes what a picture tells about its maker: places, times, cameras, comments. The pixels are not touched, so nothing
//! is lost by it; what cannot be read with certainty is left to be decoded and written anew.

use image::ImageFormat;

/// The same picture without metadata; `None` when its structure cannot be followed. Colour profiles stay.
pub fn strip(bytes: &[u8], format: ImageFormat) -> Option<Vec<u8>> {
    match format {
        ImageFormat::Jpeg => jpeg(bytes),
        ImageFormat::Png => png(bytes),
        ImageFormat::WebP => webp(bytes),
        // Its comments are made by programs, and nothing else fits in.
        ImageFormat::Gif => Some(bytes.to_vec()),
        _ => None,
    }
}

/// Keeps JFIF (APP0), colour profiles (APP2 `ICC_PROFILE`) and Adobe's colour mark (APP14); drops every other APPn, comments and what
/// stands behind the end of the picture, such as a phone's hidden film.
fn jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = bytes.get(..2).filter(|start| *start == [0xff, 0xd8])?.to_vec();
    let mut at = 2;
    loop {
        let (0xff, marker) = (*bytes.get(at)?, *bytes.get(at + 1)?) else { return None };
        if marker == 0xff {
            at += 1;
            continue;
        }
        if marker == 0xd9 {
            out.extend_from_slice(&[0xff, 0xd9]);
            return Some(out);
        }
        let length = usize::from(u16::from_be_bytes([*bytes.get(at + 2)?, *bytes.get(at + 3)?]));
        let mut end = at + 2 + length.max(2);
        let body = bytes.get(at + 4..end)?;
        if marker == 0xda {
            end = end_of_scan(bytes, end)?;
        }
        let dropped = match marker {
            0xe2 => !body.starts_with(b"ICC_PROFILE\0"),
            0xe0 | 0xee => false,
            0xe1..=0xef | 0xfe => true,
            _ => false,
        };
        if !dropped {
            out.extend_from_slice(bytes.get(at..end)?);
        }
        at = end;
    }
}

/// Where the next marker stands: in a scan 0xff is followed by 0 or a restart mark.
fn end_of_scan(bytes: &[u8], from: usize) -> Option<usize> {
    let pairs = bytes.get(from..)?.windows(2);
    pairs.enumerate().find(|(_, w)| w[0] == 0xff && !matches!(w[1], 0 | 0xff | 0xd0..=0xd7)).map(|(n, _)| from + n)
}

/// Drops text, times and EXIF, and what stands behind the end.
fn png(bytes: &[u8]) -> Option<Vec<u8>> {
    const DROPPED: [&[u8]; 5] = [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME"];
    let mut out = bytes.get(..8)?.to_vec();
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?);
        let name = bytes.get(at + 4..at + 8)?;
        let end = at.checked_add(12)?.checked_add(usize::try_from(length).ok()?)?;
        let chunk = bytes.get(at..end)?;
        if !DROPPED.contains(&name) {
            out.extend_from_slice(chunk);
        }
        if name == b"IEND" {
            return Some(out);
        }
        at = end;
    }
}

/// Drops EXIF and XMP and their marks in the header. <https://developers.google.com/speed/webp/docs/riff_container>
fn webp(bytes: &[u8]) -> Option<Vec<u8>> {
    const EXIF_AND_XMP: u8 = 0b0000_1100;
    let mut out = bytes.get(..12)?.to_vec();
    let size = usize::try_from(u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?)).ok()?;
    let picture = bytes.get(..size.checked_add(8)?)?;
    let mut at = 12;
    while at < picture.len() {
        let name = picture.get(at..at + 4)?;
        let length = usize::try_from(u32::from_le_bytes(picture.get(at + 4..at + 8)?.try_into().ok()?)).ok()?;
        let end = at.checked_add(8)?.checked_add(length)?.checked_add(length % 2)?;
        let chunk = picture.get(at..end)?;
        if name != b"EXIF" && name != b"XMP " {
            let start = out.len();
            out.extend_from_slice(chunk);
            if name == b"VP8X" {
                *out.get_mut(start + 8)? &= !EXIF_AND_XMP;
            }
        }
        at = end;
    }
    let size = u32::try_from(out.len() - 8).ok()?.to_le_bytes();
    out.get_mut(4..8)?.copy_from_slice(&size);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rubbish_is_left_to_the_decoder() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
            for bytes in [&b""[..], b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR", b"RIFF\xff\xff\xff\xffWEBPVP8X"] {
                assert_eq!(strip(bytes, format), None);
            }
        }
    }

    #[test]
    fn what_stands_behind_the_end_of_a_photo_goes_too() {
        let photo = b"\xff\xd8\xff\xe1\0\x06Exif\xff\xda\0\x03\x01\x10\xff\0\x20\xff\xd9hidden film";
        assert_eq!(strip(photo, ImageFormat::Jpeg).unwrap(), b"\xff\xd8\xff\xda\0\x03\x01\x10\xff\0\x20\xff\xd9");
    }
}
