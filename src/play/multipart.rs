//! The layout of a `multipart/byteranges` body (RFC 9110, section 14.6), computed before it is sent.

use std::ops::Range;

use aws_lc_rs::digest;
use bytes::Bytes;
use data_encoding::HEXLOWER;

/// Several runs of bytes as one body of known length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multipart {
    boundary: String,
    parts: Vec<Part>,
    closing: Bytes,
    content_length: u64,
}

/// One run of bytes and the text that stands before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Delimiter and part headers, up to and with the empty line.
    pub head: Bytes,
    /// Bytes of the representation, half-open.
    pub range: Range<u64>,
}

impl Multipart {
    /// Lays out `ranges` of a representation; `None` if the body's length does not fit 64 bits.
    ///
    /// The boundary follows from the entity-tag alone, so that two nodes give the same bytes. A
    /// torrent cannot contain it: that would take a file which contains its own SHA-1.
    pub(super) fn new(ranges: Vec<Range<u64>>, etag: &[u8], media_type: &str, length: u64) -> Option<Self> {
        let hash = digest::digest(&digest::SHA256, etag);
        let boundary = HEXLOWER.encode(&hash.as_ref()[..20]);
        let part = |(number, range): (usize, Range<u64>)| {
            let lead = if number == 0 { "" } else { "\r\n" };
            let (first, last) = (range.start, range.end.saturating_sub(1));
            let head = format!(
                "{lead}--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: bytes {first}-{last}/{length}\r\n\r\n"
            );
            Part { head: Bytes::from(head), range }
        };
        let parts: Vec<Part> = ranges.into_iter().enumerate().map(part).collect();
        let closing = Bytes::from(format!("\r\n--{boundary}--\r\n"));
        let content_length = parts.iter().try_fold(closing.len() as u64, |sum, part| {
            sum.checked_add(part.head.len() as u64)?.checked_add(part.range.end - part.range.start)
        })?;
        Some(Self { boundary, parts, closing, content_length })
    }

    /// The `Content-Type` of the whole response.
    pub fn media_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// The parts in the order in which they are sent.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What follows the last part.
    pub fn closing(&self) -> &Bytes {
        &self.closing
    }

    /// Bytes of the whole body, delimiters included.
    pub fn content_length(&self) -> u64 {
        self.content_length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_counts_every_delimiter_and_part_header() {
        let multipart = Multipart::new(vec![0..2, 5..9], b"\"tag\"", "video/mp4", 1000).unwrap();
        let boundary = multipart.media_type().split_once("boundary=").unwrap().1.to_owned();
        let wanted = format!(
            "--{boundary}\r\nContent-Type: video/mp4\r\nContent-Range: bytes 0-1/1000\r\n\r\nab\
             \r\n--{boundary}\r\nContent-Type: video/mp4\r\nContent-Range: bytes 5-8/1000\r\n\r\nabcd\
             \r\n--{boundary}--\r\n"
        );
        let body: Vec<u8> = multipart.parts().iter().fold(Vec::new(), |body, part| {
            let run = &b"abcd"[..usize::try_from(part.range.end - part.range.start).unwrap()];
            [&body[..], &part.head, run].concat()
        });
        let body = [&body[..], multipart.closing()].concat();
        assert_eq!(String::from_utf8(body).unwrap(), wanted);
        assert_eq!(multipart.content_length(), wanted.len() as u64);
    }

    #[test]
    fn a_length_beyond_64_bits_is_refused() {
        assert_eq!(Multipart::new(vec![0..u64::MAX], b"\"tag\"", "video/mp4", u64::MAX), None);
    }
}
