//! The range arithmetic against a naive model that marks bytes one by one.

use proptest::prelude::*;

use super::*;

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
