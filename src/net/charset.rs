//! Text from others, in whatever charset it is.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::Encoding;

/// The text of these bytes. A byte order mark decides and is left out, then UTF-8 if they are that throughout, then
/// what they look like.
pub fn read_text(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned();
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Allow).decode_without_bom_handling(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_looks_tell_the_charset() {
        assert_eq!(read_text("Größe".as_bytes()), "Größe");
        assert_eq!(read_text(b"\xef\xbb\xbfGr\xc3\xb6\xc3\x9fe"), "Größe");
        assert_eq!(read_text(b"\xff\xfea\0\xe4\0"), "aä");
        assert_eq!(read_text(b"Gr\xf6\xdfe und \xdcbung"), "Größe und Übung");
        assert_eq!(read_text(b""), "");
    }
}
