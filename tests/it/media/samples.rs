//! Small files of every type, made here.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

/// A colour gradient.
pub fn gradient(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x + y) as u8])))
}

/// Noise, which no format can pack.
pub fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 1u32;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |_, _| Rgb([next(), next(), next()])))
}

/// Red on nothing: the left half is see-through.
pub fn see_through(width: u32, height: u32) -> DynamicImage {
    let pixel = |x| if x < width / 2 { Rgba([255, 0, 0, 0]) } else { Rgba([255, 0, 0, 255]) };
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, |x, _| pixel(x)))
}

pub fn encode(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    encode(&gradient(width, height), ImageFormat::Png)
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encode(&gradient(width, height), ImageFormat::Jpeg)
}

/// What a phone adds: that the picture lies on its side (orientation 6: turn it clockwise), and where it was taken.
pub fn jpeg_of_a_phone(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let plain = jpeg(width, height);
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend_from_slice(b"GPS 52.5 N 13.4 E");
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat()
}

/// A PNG with another chunk before its pixels.
pub fn with_chunk(png: &[u8], name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let after_header = 8 + 25;
    [&png[..after_header], &chunk(name, body), &png[after_header..]].concat()
}

/// A WebP with EXIF behind its picture.
pub fn webp_with_exif(width: u32, height: u32) -> Vec<u8> {
    let plain = encode(&gradient(width, height), ImageFormat::WebP);
    let chunk = |name: &[u8; 4], body: &[u8]| [&name[..], &(body.len() as u32).to_le_bytes(), body].concat();
    let side = |n: u32| (n - 1).to_le_bytes();
    let header = [&[0b1000, 0, 0, 0][..], &side(width)[..3], &side(height)[..3]].concat();
    let body = [b"WEBP".to_vec(), chunk(b"VP8X", &header), plain[12..].to_vec(), chunk(b"EXIF", b"GPS 52.5 N 13.4 E!")].concat();
    chunk(b"RIFF", &body)
}

/// A tiny PNG that claims to be huge.
pub fn bomb(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", b"x\x9c\x03\0\0\0\0\x01"), &chunk(b"IEND", b"")]
        .concat()
}

fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(body);
    [&(body.len() as u32).to_be_bytes()[..], name, body, &crc.sum().to_be_bytes()].concat()
}

/// Two moving pixels.
pub fn animated_gif(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = vec![];
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    let frame = |i: DynamicImage| image::Frame::new(i.into_rgba8());
    encoder.encode_frames([frame(gradient(width, height)), frame(noise(width, height))]).unwrap();
    drop(encoder);
    bytes
}

/// A film of `seconds`, stored as it is filmed; `upright` turns it by its matrix as phones do.
pub fn mp4(width: u32, height: u32, seconds: u32, upright: bool) -> Vec<u8> {
    let one = 0x0001_0000u32;
    let matrix = match upright {
        true => [0, one, 0, one.wrapping_neg(), 0, 0, 0, 0, 0x4000_0000],
        false => [one, 0, 0, 0, one, 0, 0, 0, 0x4000_0000],
    };
    let matrix: Vec<u8> = matrix.iter().flat_map(|n: &u32| n.to_be_bytes()).collect();
    let numbers = |n: &[u32]| n.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>();
    let mvhd =
        [numbers(&[0, 0, 0, 1000, seconds * 1000, one, 0x0100_0000, 0, 0]), matrix.clone(), vec![0; 24], numbers(&[2])].concat();
    let tkhd = [numbers(&[3, 0, 0, 1, 0, seconds * 1000, 0, 0, 0, 0]), matrix, numbers(&[width << 16, height << 16])].concat();
    let mdhd = numbers(&[0, 0, 0, 90_000, seconds * 90_000, 0x55c4_0000]);
    let hdlr = [&[0; 8][..], b"vide", &[0; 12], b"film\0"].concat();
    let mdia = [mp4_box(b"mdhd", &mdhd), mp4_box(b"hdlr", &hdlr)].concat();
    let trak = [mp4_box(b"tkhd", &tkhd), mp4_box(b"mdia", &mdia)].concat();
    let moov = [mp4_box(b"mvhd", &mvhd), mp4_box(b"trak", &trak)].concat();
    let ftyp = mp4_box(b"ftyp", b"isom\0\0\x02\0isomiso2avc1mp41");
    [ftyp, mp4_box(b"mdat", &[7; 5_000]), mp4_box(b"moov", &moov)].concat()
}

pub fn mp4_box(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
}
