use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::*;

const TEXT: &[u8] = b"{\"hello\": \"hello hello hello\"}";

/// [`TEXT`] by the tools of the codings' makers.
const BR: &[u8] = include_bytes!("../../../tests/files/hello.br");
const ZSTD: &[u8] = include_bytes!("../../../tests/files/hello.zst");

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn undone(bytes: &[u8], field: &str, cap: usize) -> Result<(Vec<u8>, End), Error> {
    undo(bytes, &codings(field), cap).map(|decoded| (decoded.bytes, decoded.end))
}

#[test]
fn every_coding_is_undone() {
    for (bytes, field) in [
        (gzip(TEXT), "gzip"),
        (gzip(TEXT), "X-GZIP"),
        (zlib(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate"),
        (BR.to_vec(), "br"),
        (ZSTD.to_vec(), "zstd"),
        (zstd(TEXT), "zstd"),
        (TEXT.to_vec(), "identity"),
        (zlib(&gzip(TEXT)), "gzip, deflate"),
        (gzip(BR), "identity, br,, gzip"),
        (gzip(ZSTD), "zstd,gzip"),
    ] {
        assert_eq!(
            undone(&bytes, field, 1000).unwrap(),
            (TEXT.to_vec(), End::Whole),
            "{field}"
        );
    }
}

#[test]
fn what_follows_the_first_member_belongs_to_it() {
    let twice = [TEXT, TEXT].concat();
    for (bytes, field) in [
        ([gzip(TEXT), gzip(TEXT)].concat(), "gzip"),
        ([zstd(TEXT), zstd(TEXT)].concat(), "zstd"),
        (
            // A frame to be skipped (RFC 8878 section 3.1.2) between two.
            [&zstd(TEXT)[..], b"\x50\x2a\x4d\x18\x03\0\0\0abc", ZSTD].concat(),
            "zstd",
        ),
    ] {
        assert_eq!(
            undone(&bytes, field, 1000).unwrap(),
            (twice.clone(), End::Whole),
            "{field}"
        );
    }
}

#[test]
fn lim_12_a_bomb_stops_at_the_cap_and_says_so() {
    let zeros = vec![0; 50_000_000];
    let small = gzip(&zeros);
    for (bytes, field) in [
        (small.clone(), "gzip"),
        (gzip(&small), "gzip, gzip"),
        (zlib(&zeros), "deflate"),
        (raw_deflate(&zeros), "deflate"),
        (zstd(&zeros), "zstd"),
    ] {
        let decoded = undo(&bytes, &codings(field), 100_000).unwrap();
        assert_eq!(
            (decoded.bytes.len(), decoded.end),
            (100_000, End::Cap(100_000)),
            "{field}"
        );
        assert_eq!(
            decoded.problem().unwrap(),
            "Decoding stopped at 100,000 bytes: the compressed body holds more."
        );
    }
    let exactly = undone(&gzip(TEXT), "gzip", TEXT.len()).unwrap();
    assert_eq!(exactly, (TEXT.to_vec(), End::Whole));
}

#[test]
fn a_bomb_between_two_codings_stops_too() {
    // A member with a long field in its head (RFC 1952 section 2.3.1.1), and a frame to be skipped, as often as there is room for them.
    let head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\xff\xff";
    let member = [&head[..], &vec![0; 0xffff], b"\x03\0", &[0; 8]].concat();
    let frame = [&b"\x50\x2a\x4d\x18\0\xff\0\0"[..], &vec![0; 0xff00]].concat();
    for (nothing, inner) in [(member, "gzip"), (frame, "zstd")] {
        let large = nothing.repeat(2 * BETWEEN_MORE / nothing.len());
        let once = undo(&large, &codings(inner), 1000).unwrap();
        assert_eq!((once.bytes.len(), once.end), (0, End::Whole), "{inner}");
        for (bytes, outer) in [
            (gzip(&large), "gzip"),
            (zlib(&large), "deflate"),
            (zstd(&large), "zstd"),
        ] {
            let field = format!("{inner}, {outer}");
            let decoded = undo(&bytes, &codings(&field), 1000).unwrap();
            assert_eq!(
                (decoded.bytes.len(), decoded.end),
                (0, End::Cap(0)),
                "{field}"
            );
        }
    }
    // What is not more than usual passes.
    let text: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
    let decoded = undo(&gzip(&zstd(&text)), &codings("zstd, gzip"), text.len()).unwrap();
    assert_eq!((decoded.bytes, decoded.end), (text, End::Whole));
}

#[test]
fn bytes_that_break_off_give_what_they_have() {
    let long: Vec<u8> = (0..200_000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes())
        .collect();
    for (bytes, field) in [
        (gzip(&long), "gzip"),
        (zlib(&long), "deflate"),
        (zstd(&long), "zstd"),
    ] {
        let (have, end) = undone(&bytes[..bytes.len() / 2], field, usize::MAX).unwrap();
        assert_eq!(end, End::Short, "{field}");
        assert!(
            have.len() > 100_000 && long.starts_with(&have),
            "{field}: {}",
            have.len()
        );
    }
    let skipped = [ZSTD, b"\x50\x2a\x4d\x18\x03\0\0\0ab"].concat();
    assert_eq!(
        undone(&skipped, "zstd", 1000),
        Ok((TEXT.to_vec(), End::Short))
    );
    for (bytes, field) in [
        (gzip(TEXT), "gzip"),
        (BR.to_vec(), "br"),
        (zlib(TEXT), "deflate"),
    ] {
        for cut in 1..bytes.len() {
            if let Ok(decoded) = undo(&bytes[..cut], &codings(field), 1000) {
                assert!(TEXT.starts_with(&decoded.bytes), "{field} {cut}");
                assert_eq!(decoded.end, End::Short, "{field} {cut}");
            }
        }
    }
}

#[test]
fn damage_is_told_from_a_wrong_name() {
    let mut wrong = gzip(TEXT);
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    assert_eq!(
        undone(&wrong, "gzip", 1000),
        Ok((TEXT.to_vec(), End::Damaged))
    );
    let trailing = [gzip(TEXT), b"\nand more that is none".to_vec()].concat();
    assert_eq!(
        undone(&trailing, "gzip", 1000),
        Ok((TEXT.to_vec(), End::Damaged))
    );
    for field in ["gzip", "deflate", "br", "zstd"] {
        let plain = b"\xf7\xff\xffplain text, not compressed at all";
        assert_eq!(
            undone(plain, field, 1000),
            Err(Error::Not(field.to_owned())),
            "{field}"
        );
    }
    assert_eq!(
        undone(TEXT, "gzip, aws-chunked", 9),
        Err(Error::Unknown("aws-chunked".to_owned()))
    );
    assert_eq!(
        undone(TEXT, "gzip,gzip,gzip,gzip,gzip", 9),
        Err(Error::Unknown("5 codings".to_owned()))
    );
}

#[test]
fn only_so_many_members_of_gzip_are_read() {
    let member = gzip(b"a");
    let whole = undone(&member.repeat(10_000), "gzip", 20_000);
    assert_eq!(
        whole.map(|(bytes, end)| (bytes.len(), end)),
        Ok((10_000, End::Whole))
    );
    let more = undone(&member.repeat(10_001), "gzip", 20_000);
    assert_eq!(
        more.map(|(bytes, end)| (bytes.len(), end)),
        Ok((10_000, End::Cap(10_000)))
    );
    // Some hundred bytes can stand for millions of them, in which there is nothing.
    let none = gzip(&gzip(b"").repeat(20_000));
    assert_eq!(
        undone(&none, "gzip, gzip", 20_000),
        Ok((Vec::new(), End::Cap(0)))
    );
}

#[test]
fn large_windows_are_not_allocated() {
    // A frame that asks for 2 GiB, and the mark of a large window before a brotli stream.
    let huge = b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00";
    assert_eq!(undone(huge, "zstd", 9), Err(Error::Not("zstd".to_owned())));
    let large = b"\x11\x1e\x00\x00\x00\x00";
    assert_eq!(undone(large, "br", 9), Err(Error::Not("br".to_owned())));
}

proptest::proptest! {
    #[test]
    fn random_bytes_are_survived(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        for field in ["gzip", "deflate", "br", "zstd", "br, zstd"] {
            if let Ok(decoded) = undo(&bytes, &codings(field), 10_000) {
                assert!(decoded.bytes.len() <= 10_000);
            }
        }
    }

    #[test]
    fn flipped_bits_are_survived(at in 0_usize..4096, bit in 0_u8..8) {
        for (bytes, field) in [(gzip(TEXT), "gzip"), (BR.to_vec(), "br"), (ZSTD.to_vec(), "zstd")] {
            let mut bytes = bytes;
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            let _decoded = undo(&bytes, &codings(field), 10_000);
        }
    }
}
