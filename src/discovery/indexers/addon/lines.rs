//! What the lines say that an addon shows to people: the name of the release, who has it, how large it is.

/// Words that stand in names of releases and in few other lines, in lower case.
const WORDS: [&str; 34] = [
    "2160p", "1440p", "1080p", "1080i", "720p", "576p", "540p", "480p", "360p", "4k", "uhd", "x264", "x265",
    "h264", "h265", "hevc", "avc", "av1", "xvid", "divx", "10bit", "hdr", "hdr10", "bluray", "brrip",
    "bdrip", "remux", "webrip", "webdl", "web", "hdtv", "dvdrip", "dvd", "hdrip",
];

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

/// How much a line says that names of releases say. A line with counts in it is none, whatever else it says.
fn weight(line: &str) -> usize {
    if seeders(line).is_some() || SIZES.iter().any(|sign| line.contains(sign)) {
        return 0;
    }
    let lower = line.to_lowercase();
    let words: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    // A lone `4K` is a label; a name has a title too.
    if words.len() < 3 {
        return 0;
    }
    let known = words.iter().filter(|word| WORDS.contains(word)).count();
    let episodes = words.iter().filter(|word| is_episode(word)).count();
    let is_file = crate::release::is_video(plain(line));
    known + 2 * episodes + usize::from(is_file)
}

/// `s01e02`, `s01`, `1x02`.
fn is_episode(word: &str) -> bool {
    let digits =
        |text: &str| !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    match word.strip_prefix('s') {
        Some(rest) => match rest.split_once('e') {
            Some((season, episode)) => digits(season) && digits(episode),
            None => digits(rest) && rest.len() == 2,
        },
        None => word.split_once('x').is_some_and(|(a, b)| digits(a) && digits(b) && a.len() <= 2),
    }
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
