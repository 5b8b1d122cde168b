//! The checksum of sections (ISO/IEC 13818-1, annex A).

/// The polynomial, highest bit first.
const POLYNOMIAL: u32 = 0x04C1_1DB7;

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut value, mut bit) = ((byte as u32) << 24, 0);
        while bit < 8 {
            value = if value & 0x8000_0000 == 0 { value << 1 } else { value << 1 ^ POLYNOMIAL };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
}

/// The CRC-32 of a section. Over a section with its checksum it is zero.
pub(super) fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(u32::MAX, |crc, byte| crc << 8 ^ TABLE[usize::from((crc >> 24) as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_the_published_check_value() {
        assert_eq!(crc(b"123456789"), 0x0376_E6E7);
        assert_eq!(crc(&[&b"123456789"[..], &0x0376_E6E7_u32.to_be_bytes()].concat()), 0);
    }
}
