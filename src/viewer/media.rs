//! Images, HTML and SVG as a browser draws them: the bytes themselves, never as a part of a page of ours.
//!
//! An image is drawn by `<img>`, which runs nothing; it is known by its first bytes, whatever its sender calls it. HTML and SVG
//! are shown as their source, and drawn only when the reader asks for it, in a frame without rights. The page asks for the bytes
//! at an address of their own; what that one answers with is [`served`].

use super::words::grouped;
use super::{Fit, Shown, Slot, Subject, View, Viewer, Window};

/// Suits raster images.
pub static IMAGE_VIEWER: Viewer = Viewer {
    name: "image",
    label: "Preview",
    slot: Slot::Preview,
    fit: fit_image,
    view,
};

/// Suits HTML and SVG, when it is asked for.
pub static PAGE_VIEWER: Viewer = Viewer {
    name: "preview",
    label: "Preview",
    slot: Slot::Preview,
    fit: fit_page,
    view,
};

/// How large a page may be to be drawn, in bytes.
const PAGE: usize = 2 * 1024 * 1024;

/// Something that a browser draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// What.
    pub kind: MediaKind,
    /// Its size in pixels, where the first bytes say it.
    pub pixels: Option<(u32, u32)>,
    /// What it is and what was done to it, as a sentence.
    pub sentence: String,
}

/// What a browser draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// An image of pixels.
    Image,
    /// HTML or SVG, which could hold scripts and addresses.
    Page,
}

/// Formats that every browser knows: their first bytes, their type, their name.
const IMAGES: [(&[u8], &str, &str); 8] = [
    (b"\x89PNG\r\n\x1a\n", "image/png", "PNG"),
    (b"\xff\xd8\xff", "image/jpeg", "JPEG"),
    (b"GIF87a", "image/gif", "GIF"),
    (b"GIF89a", "image/gif", "GIF"),
    (b"RIFF", "image/webp", "WebP"),
    (b"BM", "image/bmp", "BMP"),
    (b"\0\0\0\x1cftypavif", "image/avif", "AVIF"),
    (b"\0\0\0 ftypavif", "image/avif", "AVIF"),
];

/// The type of an image by its first bytes, and its name.
fn image(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let (_, media_type, name) = IMAGES.iter().find(|(magic, ..)| bytes.starts_with(magic))?;
    let is_it = match *name {
        "WebP" => bytes.get(8..12) == Some(b"WEBP"),
        // Two letters are few: the size in it has to be that of the file.
        "BMP" => {
            four(bytes, 2, u32::from_le_bytes).is_some_and(|size| size as usize == bytes.len())
        }
        _ => true,
    };
    is_it.then_some((media_type, name))
}

/// What the sender calls a page; `None` when it is called something else.
fn page<'a>(subject: &'a Subject<'_>) -> Option<&'a str> {
    let essence = &*subject.media_type.as_ref()?.essence;
    let is_page = ["text/html", "application/xhtml+xml", "image/svg+xml"].contains(&essence);
    is_page.then_some(essence)
}

/// With which type bytes may be answered to be drawn; `None` when they may not.
pub fn served(subject: &Subject<'_>) -> Option<(MediaKind, String)> {
    if subject.coding.is_some() {
        return None;
    }
    if let Some((media_type, _)) = image(subject.bytes) {
        return Some((MediaKind::Image, media_type.to_owned()));
    }
    let essence = page(subject)?;
    // Only a name that is known is repeated: no other letters of the sender's get into a header.
    let charset = subject
        .charset()
        .and_then(|name| encoding_rs::Encoding::for_label(name.as_bytes()))
        .map(|encoding| format!("; charset={}", encoding.name()));
    let media_type = format!("{essence}{}", charset.unwrap_or_default());
    (subject.bytes.len() <= PAGE).then_some((MediaKind::Page, media_type))
}

fn fit_image(subject: &Subject<'_>) -> Fit {
    match served(subject) {
        Some((MediaKind::Image, _)) => Fit::Yes,
        None if subject.coding.is_some() => super::COMPRESSED,
        None if page(subject).is_some() => Fit::No("Too large for a preview"),
        _ => Fit::No("Only images, HTML and SVG have a preview"),
    }
}

fn fit_page(subject: &Subject<'_>) -> Fit {
    match served(subject) {
        Some((MediaKind::Page, _)) => Fit::Yes,
        _ => Fit::No("Only HTML and SVG have one"),
    }
}

fn view(subject: &Subject<'_>, _: Window) -> Shown {
    let media = match image(subject.bytes) {
        Some((_, name)) => {
            let pixels = pixels(name, subject.bytes);
            let size = pixels.map(|(width, height)| {
                format!(", {} × {} pixels", grouped(width.into()), grouped(height.into()))
            });
            Media {
                kind: MediaKind::Image,
                pixels: pixels.filter(|&(width, height)| width.max(height) <= 10_000),
                sentence: format!("{name}{}. Drawn from the bytes as they are.", size.unwrap_or_default()),
            }
        }
        None => Media {
            kind: MediaKind::Page,
            pixels: None,
            sentence: "Drawn in a frame of its own: no scripts, no network, nothing of this page in reach. What it loads from elsewhere is missing.".to_owned(),
        },
    };
    Shown::of(View::Media(media))
}

/// Width and height of the formats that have them at a fixed place.
fn pixels(name: &str, bytes: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = match name {
        "PNG" => (
            four(bytes, 16, u32::from_be_bytes)?,
            four(bytes, 20, u32::from_be_bytes)?,
        ),
        "BMP" => (
            four(bytes, 18, u32::from_le_bytes)?,
            four(bytes, 22, u32::from_le_bytes)?,
        ),
        "GIF" => {
            let both = four(bytes, 6, u32::from_le_bytes)?;
            (both & 0xffff, both >> 16)
        }
        _ => return None,
    };
    (width > 0 && height > 0).then_some((width, height))
}

fn four(bytes: &[u8], at: usize, read: fn([u8; 4]) -> u32) -> Option<u32> {
    Some(read(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_known_by_its_bytes_alone() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x48\0\0\0\x20\x08\x02";
        for content_type in [
            None,
            Some("text/html"),
            Some("image/svg+xml"),
            Some("image/png"),
        ] {
            let subject = Subject::new(png, content_type);
            assert_eq!(
                served(&subject),
                Some((MediaKind::Image, "image/png".to_owned()))
            );
        }
        for bytes in [
            &b"RIFF\0\0\0\0WAVE"[..],
            b"BM but no image",
            b"<svg/>",
            b"",
            b"GIF8",
        ] {
            assert_eq!(
                served(&Subject::new(bytes, Some("image/png"))),
                None,
                "{bytes:?}"
            );
        }
        let View::Media(media) = view(&Subject::new(png, None), Window::default()).view else {
            panic!()
        };
        assert_eq!(media.pixels, Some((72, 32)));
    }

    #[test]
    fn a_page_is_served_as_what_it_is_called_with_a_charset_that_is_known() {
        for (content_type, want) in [
            ("text/html", Some("text/html")),
            (
                "text/html; charset=\"KOI8-R\"",
                Some("text/html; charset=KOI8-R"),
            ),
            ("text/html; charset=\"x\r\ny\"", Some("text/html")),
            ("image/svg+xml", Some("image/svg+xml")),
            ("text/plain", None),
            ("application/pdf", None),
        ] {
            let served = served(&Subject::new(b"<p>", Some(content_type)));
            assert_eq!(served.map(|(_, media_type)| media_type).as_deref(), want);
        }
        let coded = Subject {
            coding: Some("gzip".to_owned()),
            ..Subject::new(b"<p>", Some("text/html"))
        };
        assert_eq!(served(&coded), None);
        let large = vec![b' '; PAGE + 1];
        let large = Subject::new(&large, Some("text/html"));
        assert_eq!(served(&large), None);
        assert_eq!(fit_image(&large), Fit::No("Too large for a preview"));
    }
}
