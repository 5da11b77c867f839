//! Which files are taken: told by their content, never by their name or what the sender says.

use image::ImageFormat;

/// A type of file that the library takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A photo.
    Jpeg,
    /// A drawing or screenshot.
    Png,
    /// Perhaps animated.
    Gif,
    /// Either.
    Webp,
    /// A film.
    Mp4,
}

impl Kind {
    /// Most bytes of a picture.
    pub const IMAGE_LIMIT: u64 = 10 * 1024 * 1024;
    /// Most bytes of a film.
    pub const VIDEO_LIMIT: u64 = 1024 * 1024 * 1024;
    /// First bytes of a file that decide.
    pub const HEAD: usize = 4_096;

    /// What the first bytes (at most [`Kind::HEAD`] are looked at) belong to; otherwise the MIME type they really have,
    /// or `None` when nobody knows it.
    pub fn sniff(head: &[u8]) -> Result<Self, Option<&'static str>> {
        let found = infer::get(head).map(|t| t.mime_type());
        match found {
            Some("image/jpeg") => Ok(Self::Jpeg),
            Some("image/png") => Ok(Self::Png),
            Some("image/gif") => Ok(Self::Gif),
            Some("image/webp") => Ok(Self::Webp),
            Some("video/mp4") => Ok(Self::Mp4),
            _ if has_newer_mp4_brand(head) => Ok(Self::Mp4),
            other => Err(other),
        }
    }

    /// From the table.
    pub fn from_mime(mime: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Gif, Self::Webp, Self::Mp4].into_iter().find(|k| k.mime() == mime)
    }

    /// Its MIME type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Mp4 => "video/mp4",
        }
    }

    /// Its file extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Mp4 => "mp4",
        }
    }

    /// Most bytes.
    pub fn limit(self) -> u64 {
        if self == Self::Mp4 { Self::VIDEO_LIMIT } else { Self::IMAGE_LIMIT }
    }

    /// The decoder of a picture; `None` for a film.
    pub fn picture(self) -> Option<ImageFormat> {
        match self {
            Self::Jpeg => Some(ImageFormat::Jpeg),
            Self::Png => Some(ImageFormat::Png),
            Self::Gif => Some(ImageFormat::Gif),
            Self::Webp => Some(ImageFormat::WebP),
            Self::Mp4 => None,
        }
    }
}

/// Brands that the crate's list lacks: later ISO ones, and Apple's of the same container.
fn has_newer_mp4_brand(head: &[u8]) -> bool {
    let brands: [&[u8]; 7] = [b"iso7", b"iso8", b"iso9", b"isoa", b"av01", b"M4V ", b"M4VH"];
    head.get(4..8) == Some(b"ftyp") && head.get(8..12).is_some_and(|brand| brands.contains(&brand))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(Kind::sniff(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Ok(Kind::Png));
        assert_eq!(Kind::sniff(b"\0\0\0\x18ftypiso8\0\0\0\0"), Ok(Kind::Mp4));
        assert_eq!(Kind::sniff(b"<!DOCTYPE html><html>"), Err(Some("text/html")));
        assert_eq!(Kind::sniff(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), Err(Some("image/heif")));
        assert_eq!(Kind::sniff(b"plain words"), Err(None));
        assert_eq!(Kind::sniff(b""), Err(None));
    }
}
