//! The rules of ARCHITECTURE.md, and the agreement of the documents with the code, as tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use headwater::config::env::SETTINGS;

/// The rooms from top to bottom. Imports point to a lower row; in the lowest one they may also point sideways.
const TIERS: [&[&str]; 6] = [
    &["main", "server", "demo", "banner", "cli", "probe"],
    &["http"],
    &["addon", "play", "live", "access"],
    &["prepare", "discovery"],
    &["source"],
    &["cache", "db"],
];

/// The lowest row.
const FOUNDATION: [&str; 11] = [
    "net",
    "config",
    "telemetry",
    "links",
    "seal",
    "profile",
    "release",
    "stremio",
    "domain",
    "ffmpeg",
    "changes",
];

/// A file above this length holds more than one subject.
const MOST_LINES: usize = 500;

/// Names that say nothing, so that everything ends up there.
const BANNED_NAMES: [&str; 7] = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` of the repository, by its path from the root.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_ours = !["target", ".git", "data", "node_modules", "__pycache__"].contains(&name.as_str());
            if path.is_dir() && is_ours {
                folders.push(path);
            } else if path.is_file() && name != ".env" && name != ".git" {
                found.push(path.strip_prefix(root()).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The Rust files below `folder` with their text, comments left out.
fn code(folder: &str) -> Vec<(PathBuf, String)> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    files(folder)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let text = read(&path).lines().filter(is_code).collect::<Vec<_>>().join("\n");
            (path, text)
        })
        .collect()
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The room a file of `src` belongs to: the folder, or the file itself.
fn room(path: &Path) -> String {
    let first = path.strip_prefix("src").unwrap().components().next().unwrap();
    first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// The rooms that a text names as `crate::room`, `crate::{room, …}` or, in the binary, `headwater::room`.
fn named_rooms(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (start, path) in text.match_indices("crate::").chain(text.match_indices("headwater::")) {
        let rest = &text[start + path.len()..];
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(first_names(group)),
            None => rooms.extend(word(rest)),
        }
    }
    rooms
}

/// The first name of each path in a `{…}` group.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut at_start, mut names) = (0_usize, true, Vec::new());
    for (index, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            _ if at_start && !character.is_whitespace() => {
                names.extend(word(&group[index..]));
                at_start = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// The row of a room; 0 is the top.
fn tier(room: &str) -> Option<usize> {
    if FOUNDATION.contains(&room) {
        return Some(TIERS.len());
    }
    TIERS.iter().position(|rooms| rooms.contains(&room))
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for (path, text) in code("src") {
        let from = room(&path);
        if from == "lib" {
            continue;
        }
        let own = tier(&from).unwrap_or_else(|| panic!("{from} has no tier in this test"));
        for to in named_rooms(&text).into_iter().filter(|to| *to != from) {
            let Some(other) = tier(&to) else { continue };
            let sideways = own == other && (own == TIERS.len() && from != "domain" || own == 0);
            if other <= own && !sideways {
                wrong.push(format!("{} imports {to}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn imports_are_recognised_in_every_form() {
    let text =
        "use crate::a;\nuse crate::b::{c, d};\nuse crate::{e::{f, g}, h,\n i::j};\nlet x = crate::k::l();";
    assert_eq!(named_rooms(text).into_iter().collect::<Vec<_>>(), ["a", "b", "e", "h", "i", "k"]);
}

#[test]
fn engines_and_environment_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (word, homes) in [
        ("axum::", &["src/http/", "src/server.rs"][..]),
        ("librqbit", &["src/source/torrent/"]),
        ("env::var", &["src/config/env.rs"]),
        ("reqwest::Client::", &["src/net/"]),
    ] {
        for (path, text) in code("src") {
            let name = path.to_string_lossy().into_owned();
            if text.contains(word) && !homes.iter().any(|home| name.starts_with(home)) {
                wrong.push(format!("{name} holds {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_outgrows_its_subject() {
    let long: Vec<_> = ["src", "tests"]
        .into_iter()
        .flat_map(files)
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| read(path).lines().count() > MOST_LINES)
        .collect();
    assert!(long.is_empty(), "over {MOST_LINES} lines: {long:?}");
}

#[test]
fn names_say_what_a_file_is_about() {
    let wrong: Vec<_> = ["src", "tests"]
        .into_iter()
        .flat_map(files)
        .filter(|path| {
            path.components().any(|part| {
                let name = part.as_os_str().to_string_lossy();
                BANNED_NAMES.contains(&name.split('.').next().unwrap_or_default())
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn architecture_lists_every_room_and_is_short() {
    let text = read("ARCHITECTURE.md");
    assert!(text.lines().count() <= 150, "ARCHITECTURE.md is for reading in one go");
    let tree = text.split("```\nsrc/\n").nth(1).unwrap().split("```").next().unwrap();
    let listed: Vec<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let mut real: Vec<String> = fs::read_dir(root().join("src"))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if entry.path().is_dir() { format!("{name}/") } else { name }
        })
        .collect();
    real.sort();
    assert_eq!(listed, real);
}

#[test]
fn readme_shows_every_setting() {
    let code = |text: &str| if text.is_empty() { String::new() } else { format!(" `{text}`") };
    let mut expected =
        String::from("| Variable | Also | Key in the file | Default | Meaning |\n|---|---|---|---|---|\n");
    for setting in SETTINGS {
        let aliases: Vec<String> = setting.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let aliases = if aliases.is_empty() { String::new() } else { format!(" {}", aliases.join(", ")) };
        let (name, key, default) = (code(setting.name), code(setting.key), code(setting.default));
        expected.push_str(&format!("|{name} |{aliases} |{key} |{default} | {} |\n", setting.meaning));
    }
    let readme = read("README.md");
    let table =
        readme.split("<!-- settings -->\n").nth(1).unwrap().split("<!-- end of settings -->").next().unwrap();
    let (table, expected): (Vec<&str>, Vec<&str>) = (table.lines().collect(), expected.lines().collect());
    assert_same_rows(&table, &expected, "README.md");
}

#[test]
fn env_example_shows_every_setting() {
    let example = read(".env.example");
    let expected: Vec<String> = SETTINGS
        .iter()
        .map(|setting| {
            let aliases = setting.aliases.join(", ");
            let aliases = if aliases.is_empty() { aliases } else { format!(" [{aliases}]") };
            format!("# {}{aliases}\n#{}={}", setting.meaning, setting.name, setting.default)
        })
        .collect();
    let shown: Vec<&str> = example.trim_end().split("\n\n").skip(1).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    assert_same_rows(&shown, &expected, ".env.example");
}

/// Compares row by row, so that a failure shows the one line to paste.
fn assert_same_rows(shown: &[&str], expected: &[&str], file: &str) {
    for row in expected {
        assert!(shown.contains(row), "{file} must hold this:\n{row}");
    }
    assert_eq!(shown, expected, "{file} holds something else, or in another order");
}

#[test]
fn deployment_files_name_real_settings_only() {
    for file in ["compose.yaml", "fly.toml", "Dockerfile", "README.md"] {
        let text = read(file);
        for (start, _) in text.match_indices("HEADWATER_") {
            let name = word(&text[start..]).unwrap();
            let known = name == "HEADWATER_" || SETTINGS.iter().any(|setting| setting.name == name);
            assert!(known, "{file} names {name}, which is not a setting");
        }
    }
}

#[test]
fn nothing_points_at_the_place_where_it_was_written() {
    // Put together here, so that this file does not hold what it looks for.
    let words =
        [["/wo", "rk/"], ["/tmp/", "wt"], ["/ho", "me/"], ["/ro", "ot/"], ["chat", "gpt"], ["sub", "agent"]]
            .map(|parts| parts.concat());
    let mut wrong = Vec::new();
    for path in files("") {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        let text = text.to_ascii_lowercase();
        wrong.extend(
            words
                .iter()
                .filter(|word| text.contains(*word))
                .map(|word| format!("{}: {word}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
