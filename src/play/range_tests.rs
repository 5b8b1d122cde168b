//! Tables from RFC 9110, from the answers of nginx and Go to the same requests, and a naive model.

use proptest::prelude::*;

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

/// One element as the generator made it.
#[derive(Debug, Clone)]
enum Spec {
    From(u128, Option<u128>),
    Suffix(u128),
}

impl Spec {
    fn text(&self) -> String {
        match self {
            Self::From(first, None) => format!("{first}-"),
            Self::From(first, Some(last)) => format!("{first}-{last}"),
            Self::Suffix(count) => format!("-{count}"),
        }
    }

    fn wants(&self, at: u128, length: u128) -> bool {
        match *self {
            Self::From(first, last) => first <= at && last.is_none_or(|last| at <= last),
            Self::Suffix(count) => at + count >= length,
        }
    }
}

fn spec(edge: u128) -> impl Strategy<Value = Spec> {
    let number = prop_oneof![
        4 => 0..edge + 3,
        1 => (0..5_u128).prop_map(move |less| edge.saturating_sub(less)),
        1 => u128::from(u64::MAX) - 2..u128::from(u64::MAX) + 3,
        1 => Just(10_u128.pow(30)),
    ];
    prop_oneof![
        3 => (number.clone(), number.clone()).prop_map(|(a, b)| Spec::From(a.min(b), Some(a.max(b)))),
        1 => number.clone().prop_map(|first| Spec::From(first, None)),
        1 => number.prop_map(Spec::Suffix),
    ]
}

fn header(specs: &[Spec]) -> String {
    format!("bytes={}", specs.iter().map(Spec::text).collect::<Vec<_>>().join(", "))
}

/// What every selection of several ranges must be like.
fn assert_apart(ranges: &[Range<u64>], length: u64) {
    for (at, range) in ranges.iter().enumerate() {
        assert!(range.start < range.end && range.end <= length);
        assert!(ranges[..at].iter().all(|other| range.start > other.end || other.start > range.end));
    }
}

proptest! {
    #[test]
    fn the_selection_holds_the_bytes_a_naive_model_marks(
        length in 1_u64..40,
        specs in prop::collection::vec(spec(40), 1..6),
    ) {
        let wide = u128::from(length);
        let marks = |spec: &Spec| (0..wide).filter(|&at| spec.wants(at, wide)).collect::<Vec<_>>();
        let asked: usize = specs.iter().map(|spec| marks(spec).len()).sum();
        let mut wanted: Vec<u128> = specs.iter().flat_map(marks).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let ranges = match select(header(&specs).as_bytes(), length) {
            Selection::Whole => { prop_assert!(asked as u64 > length); return Ok(()); }
            Selection::Unsatisfiable => vec![],
            Selection::Single(range) => vec![range],
            Selection::Several(ranges) => { prop_assert!(ranges.len() > 1); ranges }
        };
        prop_assert!(asked as u64 <= length);
        assert_apart(&ranges, length);
        // The first satisfiable element must lie in the first range sent.
        if let Some(first) = specs.iter().flat_map(marks).next() {
            prop_assert!((u128::from(ranges[0].start)..u128::from(ranges[0].end)).contains(&first));
        }
        let mut sent: Vec<u128> = ranges.into_iter().flat_map(|range| range.start.into()..range.end.into()).collect();
        sent.sort_unstable();
        prop_assert_eq!(sent, wanted);
    }

    #[test]
    fn one_range_at_the_edge_of_64_bits_is_exact(length in u64::MAX - 5.., spec in spec(u128::from(u64::MAX))) {
        let wide = u128::from(length);
        let (start, end) = match spec {
            Spec::From(first, last) => (first, last.map_or(wide, |last| (last + 1).min(wide))),
            Spec::Suffix(count) => (wide - count.min(wide), wide),
        };
        let wanted = if start < end {
            Selection::Single(u64::try_from(start).unwrap()..u64::try_from(end).unwrap())
        } else {
            Selection::Unsatisfiable
        };
        prop_assert_eq!(select(header(&[spec]).as_bytes(), length), wanted);
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_stay_within_the_length(set in prop::collection::vec(any::<u8>(), 0..60), length: u64) {
        let ranges = match select(&[b"bytes=".as_slice(), &set].concat(), length) {
            Selection::Single(range) => vec![range],
            Selection::Several(ranges) => ranges,
            Selection::Whole | Selection::Unsatisfiable => vec![],
        };
        assert_apart(&ranges, length);
    }
}
