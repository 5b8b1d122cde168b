//! What the lines say that an addon shows to people: the name of the release, who has it, how large it is.

use crate::release::Release;

/// Before the number of those who have it all.
const SEEDERS: [&str; 6] = ["👤", "👥", "🌱", "seeders:", "seeds:", "seeders"];

/// Before a size.
const SIZES: [&str; 4] = ["💾", "📦", "size:", "📏"];

/// Bytes in a unit, as it begins, in lower case. Whoever writes `GB` here means what his system calls so.
const UNITS: [(&str, f64); 4] =
    [("t", 1_099_511_627_776.0), ("g", 1_073_741_824.0), ("m", 1_048_576.0), ("k", 1024.0)];

/// The line that is the name of a release: the first of those that say most of what such names say, if there is one
/// that says anything. Decorations at its ends are left out.
pub(super) fn release_name<'a>(lines: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for line in lines {
        let weight = weight(line);
        if weight > best.map_or(0, |(most, _)| most) {
            best = Some((weight, line));
        }
    }
    best.map(|(_, line)| plain(line))
}

/// How much a line says that names of releases say. A line with counts in it is none, whatever else it says; and a lone
/// `4K` is a label, because a name has a title too.
fn weight(line: &str) -> usize {
    if seeders(line).is_some() || SIZES.iter().any(|sign| line.contains(sign)) {
        return 0;
    }
    let release = Release::parse(plain(line));
    if release.title.is_empty() && release.episodes.is_empty() {
        return 0;
    }
    let said = [
        release.year.is_some(),
        release.resolution.is_some(),
        release.medium.is_some(),
        release.codec.is_some(),
        release.container.is_some(),
        !release.hdr.is_empty(),
        !release.audio.is_empty(),
        !release.seasons.is_empty(),
        !release.episodes.is_empty(),
    ];
    said.into_iter().filter(|said| *said).count()
}

/// A line without the pictures and spaces at its ends.
pub(super) fn plain(line: &str) -> &str {
    let is_part = |c: char| {
        c.is_alphanumeric() || matches!(c, '[' | ']' | '(' | ')' | '.' | '!' | '?' | '\'' | '"' | '+')
    };
    line.trim_start_matches(|c| !is_part(c)).trim_end_matches(|c| !is_part(c))
}

/// How many have it all.
pub(super) fn seeders(text: &str) -> Option<u32> {
    let lower = text.to_lowercase();
    let after = SEEDERS.iter().find_map(|sign| lower.split_once(sign).map(|(_, after)| after))?;
    let after = after.trim_start_matches([' ', ':', '\u{fe0f}', '\u{a0}']);
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Bytes, rounded as the line rounds them.
pub(super) fn size(text: &str) -> Option<u64> {
    let lower = text.to_lowercase();
    SIZES.iter().find_map(|sign| lower.split_once(sign).and_then(|(_, after)| amount(after)))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is positive and below 2^53")]
fn amount(text: &str) -> Option<u64> {
    let text = text.trim_start_matches([' ', ':', '\u{fe0f}', '\u{a0}']);
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.replace(',', ".").parse().ok()?;
    let unit = unit.trim_start();
    let (_, bytes) = UNITS.iter().find(|(begin, _)| unit.starts_with(begin))?;
    let bytes = number * bytes;
    (bytes > 0.0 && bytes < 1e15).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<&str> {
        release_name(text.lines())
    }

    #[test]
    fn the_line_that_reads_like_a_release_is_its_name() {
        for (text, expected) in [
            (
                "The.Long.Tide.2015.1080p.WEB.x264-ABC\n👤 12 💾 1.4 GB ⚙️ Site",
                Some("The.Long.Tide.2015.1080p.WEB.x264-ABC"),
            ),
            ("📁 Show S01E02 720p\n👤 3", Some("Show S01E02 720p")),
            ("Show Pack 1080p\nShow.S01E02.1080p.mkv\n👤 3", Some("Show.S01E02.1080p.mkv")),
            ("Watch it here\n🎬 [Group] A Show - 07 [1080p].mkv 🇩🇪", Some("[Group] A Show - 07 [1080p].mkv")),
            ("4K\nHDR", None),
            ("A nice film\n💾 2 GB 1080p WEB", None),
            ("", None),
        ] {
            assert_eq!(name(text), expected, "{text}");
        }
    }

    #[test]
    fn counts_and_sizes_are_read_behind_their_signs() {
        assert_eq!(seeders("👤 12 💾 1.4 GB"), Some(12));
        assert_eq!(seeders("Seeders: 7"), Some(7));
        assert_eq!(seeders("👥0"), Some(0));
        assert_eq!(seeders("👤 many"), None);
        assert_eq!(seeders("12 people"), None);
        assert_eq!(size("👤 12 💾 1.5 GB ⚙️"), Some(1_610_612_736));
        assert_eq!(size("Size: 700MiB"), Some(734_003_200));
        assert_eq!(size("💾 1,5 gb"), Some(1_610_612_736));
        for text in ["1.5 GB", "💾 GB", "💾 1.5", "💾 -1 GB", "💾 9999999 TB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }
}
