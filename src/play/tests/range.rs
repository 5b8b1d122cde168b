//! Tables from RFC 9110 and from the answers of nginx and Go to the same requests.

use super::*;

/// The wanted selection in short: `None` is 416, an empty list the whole representation.
fn check(length: u64, rows: &[(&str, Option<&[Range<u64>]>)]) {
    for (header, wanted) in rows {
        let wanted = match wanted {
            None => Selection::Unsatisfiable,
            Some([]) => Selection::Whole,
            Some([one]) => Selection::Single(one.clone()),
            Some(several) => Selection::Several(several.to_vec()),
        };
        assert_eq!(select(header.as_bytes(), length), wanted, "{header:?} of {length}");
    }
}

#[test]
fn one_range_is_clamped_to_the_end() {
    check(
        1000,
        &[
            ("bytes=0-1", Some(&[0..2])),
            ("bytes=0-0", Some(&[0..1])),
            ("bytes=999-", Some(&[999..1000])),
            ("bytes=0-", Some(&[0..1000])),
            ("bytes=0-999", Some(&[0..1000])),
            ("bytes=0-1000", Some(&[0..1000])),
            ("bytes=990-5000", Some(&[990..1000])),
            ("bytes=-5", Some(&[995..1000])),
            ("bytes=-1000", Some(&[0..1000])),
            ("bytes=-5000", Some(&[0..1000])),
            ("bytes=0000000000000000000000000000001-0002", Some(&[1..3])),
        ],
    );
}

#[test]
fn what_lies_behind_the_end_is_unsatisfiable() {
    for header in
        ["bytes=1000-", "bytes=1000-1000", "bytes=5000-6000", "bytes=-0", "bytes=-0,1000-", "bytes=-0000"]
    {
        check(1000, &[(header, None)]);
    }
}

#[test]
fn numbers_beyond_64_bits_neither_wrap_nor_fail() {
    check(
        1000,
        &[
            ("bytes=0-99999999999999999999999", Some(&[0..1000])),
            ("bytes=5-18446744073709551615", Some(&[5..1000])),
            ("bytes=5-18446744073709551616", Some(&[5..1000])),
            ("bytes=18446744073709551616-", None),
            ("bytes=18446744073709551617-18446744073709551618", None),
            ("bytes=-18446744073709551616", Some(&[0..1000])),
            ("bytes=0-1,99999999999999999999999-", Some(&[0..2])),
        ],
    );
    check(
        u64::MAX,
        &[
            ("bytes=18446744073709551614-18446744073709551615", Some(&[u64::MAX - 1..u64::MAX])),
            ("bytes=18446744073709551615-", None),
            ("bytes=0-,0-", Some(&[])),
        ],
    );
}

#[test]
fn units_are_case_insensitive_and_unknown_ones_ignored() {
    check(
        1000,
        &[
            ("Bytes=0-1", Some(&[0..2])),
            ("BYTES=0-1", Some(&[0..2])),
            ("items=0-1", Some(&[])),
            ("bytes", Some(&[])),
            ("bytes 0-1", Some(&[])),
            ("bytes =0-1", Some(&[])),
            ("xbytes=0-1", Some(&[])),
            ("=0-1", Some(&[])),
            ("", Some(&[])),
        ],
    );
}

#[test]
fn garbage_after_the_unit_is_rejected() {
    for set in [
        "",
        " ",
        ",",
        " , ,\t",
        "abc",
        "10",
        " 10 ",
        "5-2",
        "1-0",
        "-",
        "--",
        "--5",
        "5--",
        "5--3",
        "-x",
        "x-",
        "x-y",
        "5-x",
        " -x",
        "1-2 3-",
        "1-2;3-4",
        "0x01-0x02",
        "+1-2",
        "1-+2",
        "1.5-2",
        "0-1,5-2",
        "2-5,4-3",
        "0-1,abc",
        "0-1-2",
        "\u{661}-5",
    ] {
        check(1000, &[(&format!("bytes={set}"), None)]);
    }
    assert_eq!(select(b"bytes=\xff-1", 1000), Selection::Unsatisfiable);
    assert_eq!(select(b"\xff=0-1", 1000), Selection::Whole);
}

#[test]
fn whitespace_and_empty_elements_are_tolerated() {
    check(
        1000,
        &[
            ("bytes= 0-1", Some(&[0..2])),
            ("bytes=0-1,", Some(&[0..2])),
            ("bytes=,,0-1 , ,", Some(&[0..2])),
            ("bytes=\t0-1\t,\t5-8\t", Some(&[0..2, 5..9])),
            ("bytes=   1 -2   ,  4- 5, 7 - 8 , ,,", Some(&[1..3, 4..6, 7..9])),
        ],
    );
}

#[test]
fn several_ranges_keep_their_order_unless_they_touch() {
    check(
        1000,
        &[
            ("bytes=0-1,5-8", Some(&[0..2, 5..9])),
            ("bytes=5-8,0-1", Some(&[5..9, 0..2])),
            ("bytes=0-0,-1", Some(&[0..1, 999..1000])),
            ("bytes=0-1, 5000-", Some(&[0..2])),
            ("bytes=5000-,0-1,-0", Some(&[0..2])),
            ("bytes=500-600,601-900", Some(&[500..901])),
            ("bytes=500-700,601-900", Some(&[500..901])),
            ("bytes=601-900,500-600", Some(&[500..901])),
            ("bytes=0-0,0-0,0-0", Some(&[0..1])),
            ("bytes=0-9,20-29,5-15", Some(&[0..16, 20..30])),
            ("bytes=30-39,0-9,10-29", Some(&[0..40])),
            ("bytes=50-59,0-9,90-99,20-29,10-19", Some(&[50..60, 0..30, 90..100])),
        ],
    );
}

#[test]
fn wasteful_sets_get_the_whole() {
    let tiny = |count: usize| {
        format!("bytes={}", (0..count).map(|at| format!("{0}-{0}", at * 2)).collect::<Vec<_>>().join(","))
    };
    assert!(matches!(select(tiny(16).as_bytes(), 1000), Selection::Several(ranges) if ranges.len() == 16));
    let padded = format!("bytes={}0-1", " ".repeat(2048));
    check(
        1000,
        &[
            ("bytes=0-,1-,2-", Some(&[])),
            ("bytes=0-999,0-0", Some(&[])),
            ("bytes=0-499,500-999", Some(&[0..1000])),
            (&tiny(17), Some(&[])),
            (&padded, Some(&[])),
        ],
    );
}

#[test]
fn an_empty_representation_has_no_ranges() {
    for header in ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=5-", "bytes=abc"] {
        check(0, &[(header, Some(&[]))]);
    }
}

#[test]
fn eleven_bytes_are_cut_as_go_cuts_them() {
    check(
        11,
        &[
            ("bytes=0-4", Some(&[0..5])),
            ("bytes=2-", Some(&[2..11])),
            ("bytes=-5", Some(&[6..11])),
            ("bytes=3-7", Some(&[3..8])),
            ("bytes=0-0,-2", Some(&[0..1, 9..11])),
            ("bytes=0-1,5-8", Some(&[0..2, 5..9])),
            ("bytes=0-1,5-", Some(&[0..2, 5..11])),
            ("bytes=5-1000", Some(&[5..11])),
            ("bytes=0-,1-,2-,3-,4-", Some(&[])),
            ("bytes=0-9", Some(&[0..10])),
            ("bytes=0-10", Some(&[0..11])),
            ("bytes=0-11", Some(&[0..11])),
            ("bytes=10-11", Some(&[10..11])),
            ("bytes=10-", Some(&[10..11])),
            ("bytes=11-", None),
            ("bytes=11-12", None),
            ("bytes=12-12", None),
            ("bytes=11-100", None),
            ("bytes=12-100", None),
            ("bytes=100-", None),
            ("bytes=100-1000", None),
        ],
    );
}
