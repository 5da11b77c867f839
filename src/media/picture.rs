//! Makes a picture fit: upright, without metadata, in an accepted format, small enough in pixels and bytes. Knows bytes
//! only; decodes what it must.

use std::{borrow::Cow, io::Cursor};

use image::{
    DynamicImage, GenericImageView as _, ImageDecoder, ImageEncoder as _, ImageError, ImageFormat, ImageReader, ImageResult,
    Limits, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
    imageops::FilterType,
    metadata::Orientation,
};

use super::{
    inspect::{MAX_PIXELS, damaged, picture},
    kind::Kind,
    strip::strip,
};
use crate::{
    error::Message,
    providers::{Fitted, Picture},
};

/// Tried in this order before the picture is made smaller.
const QUALITIES: [u8; 4] = [90, 80, 70, 60];
/// Sides are multiplied with this until the file is small enough.
const SHRINK: f64 = 0.8;
/// A picture is not made smaller than this.
const LEAST_SIDE: u32 = 16;
/// Most pixels that go through the fine filter.
const MAX_FINE: u64 = 12_000_000;
/// Largest colour profile kept.
const MAX_PROFILE: usize = 64 * 1024;

/// The picture as `wanted`; the message says why it cannot be.
pub fn fit(bytes: &[u8], kind: Kind, wanted: Picture) -> Result<Fitted, Message> {
    let format = kind.picture().ok_or(Message::new("media.error.not_a_picture"))?;
    let shown = picture(Cursor::new(bytes), format)?;
    let accepted = wanted.formats.contains(&kind.mime()) && shown.width.max(shown.height) <= wanted.max_side;
    let mut decoder = decoder(bytes, format).map_err(|e| damaged(&e))?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    if accepted
        && orientation == Orientation::NoTransforms
        && let Some(bare) = strip(bytes, format).filter(|bare| bare.len() as u64 <= wanted.max_bytes)
    {
        return Ok(Fitted { bytes: bare.into(), mime: kind.mime().to_owned(), width: shown.width, height: shown.height });
    }
    let profile = decoder.icc_profile().ok().flatten().filter(|p| p.len() <= MAX_PROFILE && p.get(16..20) == Some(b"RGB "));
    let mut image = DynamicImage::from_decoder(decoder).map_err(|e| damaged(&e))?;
    image.apply_orientation(orientation);
    write(image, kind, profile, wanted)
}

fn decoder(bytes: &[u8], format: ImageFormat) -> ImageResult<impl ImageDecoder + '_> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    // Sixteen bits in each of four channels.
    limits.max_alloc = Some(MAX_PIXELS * 8);
    reader.limits(limits);
    reader.into_decoder()
}

/// Writes the picture in the best accepted format that it fits into, smaller and smaller.
fn write(image: DynamicImage, from: Kind, profile: Option<Vec<u8>>, wanted: Picture) -> Result<Fitted, Message> {
    let takes = |kind: Kind| wanted.formats.contains(&kind.mime());
    let transparent = image.color().has_alpha() && image.to_rgba8().pixels().any(|p| p.0[3] < 255);
    let mut image = eight_bits(image, transparent);
    let mut side = wanted.max_side.min(image.width().max(image.height()));
    // Drawings and screenshots stay sharp, and see-through stays so, as long as the size allows.
    if from != Kind::Jpeg && takes(Kind::Png) {
        let file = Encoded::new(&shrunk(&image, side), Kind::Png, 0, profile.as_deref())?;
        if file.fits(wanted) {
            return Ok(file.0);
        }
    }
    let kind =
        [Kind::Jpeg, Kind::Png, Kind::Webp].into_iter().find(|k| takes(*k)).ok_or(Message::new("media.error.no_format"))?;
    if kind == Kind::Jpeg {
        image = on_white(image);
    }
    let qualities = if kind == Kind::Jpeg { &QUALITIES[..] } else { &QUALITIES[..1] };
    loop {
        if let Cow::Owned(smaller) = shrunk(&image, side) {
            image = smaller;
        }
        for quality in qualities {
            let file = Encoded::new(&image, kind, *quality, profile.as_deref())?;
            if file.fits(wanted) {
                return Ok(file.0);
            }
        }
        side = (f64::from(side) * SHRINK) as u32;
        if side < LEAST_SIDE {
            return Err(Message::new("media.error.cannot_shrink").with("limit", crate::web::problem::size(wanted.max_bytes)));
        }
    }
}

fn eight_bits(image: DynamicImage, transparent: bool) -> DynamicImage {
    if transparent { DynamicImage::ImageRgba8(image.into_rgba8()) } else { DynamicImage::ImageRgb8(image.into_rgb8()) }
}

/// At most `side` pixels on the longer side. The fine filter needs sixteen bytes for each pixel of the original, so large
/// pictures and large steps go by averaging.
fn shrunk(image: &DynamicImage, side: u32) -> Cow<'_, DynamicImage> {
    let (width, height) = image.dimensions();
    let longer = width.max(height);
    Cow::Owned(match () {
        () if longer <= side => return Cow::Borrowed(image),
        () if longer / 2 >= side => image.thumbnail(side * 2, side * 2).resize(side, side, FilterType::CatmullRom),
        () if u64::from(width) * u64::from(height) > MAX_FINE => image.thumbnail(side, side),
        () => image.resize(side, side, FilterType::CatmullRom),
    })
}

fn on_white(image: DynamicImage) -> DynamicImage {
    let DynamicImage::ImageRgba8(see_through) = image else { return image };
    let blend = |c: u8, a: u8| ((u16::from(c) * u16::from(a) + 255 * (255 - u16::from(a)) + 127) / 255) as u8;
    let mut white = RgbImage::new(see_through.width(), see_through.height());
    for (to, from) in white.pixels_mut().zip(see_through.pixels()) {
        let [r, g, b, a] = from.0;
        *to = Rgb([blend(r, a), blend(g, a), blend(b, a)]);
    }
    DynamicImage::ImageRgb8(white)
}

struct Encoded(Fitted);

impl Encoded {
    fn new(image: &DynamicImage, kind: Kind, quality: u8, profile: Option<&[u8]>) -> Result<Self, Message> {
        let bytes = encode(image, kind, quality, profile).map_err(|e| damaged(&e))?;
        let (width, height) = image.dimensions();
        Ok(Self(Fitted { bytes: bytes.into(), mime: kind.mime().to_owned(), width, height }))
    }

    fn fits(&self, wanted: Picture) -> bool {
        self.0.bytes.len() as u64 <= wanted.max_bytes
    }
}

fn encode(image: &DynamicImage, kind: Kind, quality: u8, profile: Option<&[u8]>) -> Result<Vec<u8>, ImageError> {
    let mut out = Vec::new();
    let profile = profile.map(<[u8]>::to_vec);
    // An encoder that takes no profile writes the colours as they are.
    match kind {
        Kind::Png => {
            let mut encoder = PngEncoder::new(&mut out);
            let _ = profile.map(|p| encoder.set_icc_profile(p));
            image.write_with_encoder(encoder)?;
        }
        Kind::Webp => {
            let mut encoder = WebPEncoder::new_lossless(&mut out);
            let _ = profile.map(|p| encoder.set_icc_profile(p));
            image.write_with_encoder(encoder)?;
        }
        _ => {
            let mut encoder = JpegEncoder::new_with_quality(&mut out, quality);
            let _ = profile.map(|p| encoder.set_icc_profile(p));
            image.write_with_encoder(encoder)?;
        }
    }
    Ok(out)
}
