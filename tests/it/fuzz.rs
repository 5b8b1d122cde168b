//! The seeds of the fuzz targets, whole and cut off anywhere, against what the targets look for.

#[expect(unreachable_pub, reason = "it is a library to the fuzz targets")]
#[path = "../../fuzz/src/lib.rs"]
mod laws;

use std::fs;

use crate::support::tools::repository;

/// A seed is cut off at so many places at most.
const CUTS: usize = 200;

/// The seeds of a target, each with its beginnings.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = repository("fuzz/seeds").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let seeds: Vec<Vec<u8>> = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(!seeds.is_empty(), "{} is empty", folder.display());
    let cut = |seed: &Vec<u8>| {
        let step = seed.len().div_ceil(CUTS).max(1);
        (0..seed.len()).step_by(step).chain([seed.len()]).map(|end| seed[..end].to_vec()).collect::<Vec<_>>()
    };
    seeds.iter().flat_map(cut).collect()
}

/// The same as texts, which a cut may leave with half a letter at the end.
fn texts(target: &str) -> Vec<String> {
    seeds(target).iter().map(|seed| String::from_utf8_lossy(seed).into_owned()).collect()
}

#[test]
fn what_strangers_write_breaks_nothing() {
    texts("magnet").iter().for_each(|text| laws::magnet(text));
    texts("profile").iter().for_each(|text| laws::profile(text));
    texts("release_name").iter().for_each(|text| laws::release_name(text));
    seeds("torznab").iter().for_each(|bytes| laws::torznab(bytes));
    seeds("peer").iter().for_each(|bytes| laws::peer(bytes));
    seeds("tracker").iter().for_each(|bytes| laws::tracker(bytes));
}
