//! Names of our own making, in the styles people use.

mod anime;
mod days;
mod languages;
mod movies;
mod numbering;
mod packs;
mod properties;
mod qualities;
mod shows;
mod titles;

use super::Release;

/// Full title, year, seasons, episodes and resolution in one line: `Harbour (2019) S1-2 E1,3 1080p`.
fn summary(name: &str) -> String {
    let release = Release::parse(name);
    let mut parts = vec![release.full_title().to_owned()];
    parts.extend(release.year.map(|year| format!("({year})")));
    parts.extend(release.date.map(|date| date.to_string()));
    parts.extend(numbers('S', &release.seasons));
    parts.extend(numbers('E', &release.episodes));
    parts.extend(release.resolution.map(|lines| lines.to_string()));
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// Ascending numbers with their spans drawn together: `E1-3,7`.
fn numbers(letter: char, numbers: &[u32]) -> Option<String> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => spans.push((*number, *number)),
        }
    }
    let written = spans.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    (!spans.is_empty()).then(|| format!("{letter}{}", written.collect::<Vec<_>>().join(",")))
}

/// Checks every name against its summary, and shows all that differ.
fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .map(|(name, wanted)| (name, *wanted, summary(name)))
        .filter(|(_, wanted, read)| wanted != read)
        .map(|(name, wanted, read)| format!("{name}\n  wanted {wanted}\n  read   {read}"))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
