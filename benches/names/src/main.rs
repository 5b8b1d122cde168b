//! Scores parsers of release names on files of names and what is expected of them.
//!
//! A file is a JSON list of `{"name": …, "expect": {"title", "seasons", "episodes", "year", "resolution"}}`.
//! A key that is absent is not judged; an empty list is judged, and wants none.
//!
//! All parsers are judged alike, by exact match after this: titles are trimmed and their blanks collapsed;
//! resolutions are in lower case, and `4k` and `uhd` are `2160p`; lists are sorted and hold nothing twice.

mod parsers;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use parsers::{PARSERS, Parsed, Parser};
use serde::Deserialize;

const FIELDS: [&str; 5] = ["title", "seasons", "episodes", "year", "resolution"];

/// How often a file is read through to time a parser; the median counts.
const PASSES: usize = 11;

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    expect: Expected,
}

#[derive(Debug, Deserialize)]
struct Expected {
    title: Option<String>,
    seasons: Option<Vec<u32>>,
    episodes: Option<Vec<u32>>,
    year: Option<u32>,
    resolution: Option<String>,
}

fn main() -> ExitCode {
    let (options, files): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let misses = options.iter().any(|option| option == "--misses");
    if files.is_empty() || options.iter().any(|option| option != "--misses") {
        eprintln!("usage: names [--misses] FILE...");
        return ExitCode::FAILURE;
    }
    for file in &files {
        match read(file) {
            Ok(cases) if misses => print_misses(&cases),
            Ok(cases) => print_table(file, &cases),
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn read(file: &str) -> Result<Vec<Case>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// Prints one file's table: a row per parser, and how many names each column judges.
fn print_table(file: &str, cases: &[Case]) {
    println!("## {file} ({} names)\n", cases.len());
    println!("| parser | {} | µs per name |", FIELDS.join(" | "));
    println!("|---|{}", "---:|".repeat(FIELDS.len() + 1));
    let mut judged = [0; FIELDS.len()];
    for parser in &PARSERS {
        let mut right = [0; FIELDS.len()];
        judged = [0; FIELDS.len()];
        for case in cases {
            let parsed = (parser.parse)(&case.name);
            for (field, verdict) in verdicts(&case.expect, &parsed).into_iter().enumerate() {
                judged[field] += usize::from(verdict.is_some());
                right[field] += usize::from(verdict == Some(true));
            }
        }
        let percent =
            |field: usize| format!("{:.1}", 100.0 * right[field] as f64 / judged[field].max(1) as f64);
        let row: Vec<String> = (0..FIELDS.len()).map(percent).collect();
        let time = time_per_name(parser, cases).as_secs_f64() * 1e6;
        println!("| {} | {} | {time:.1} |", parser.name, row.join(" | "));
    }
    println!("| names judged | {} | |\n", judged.map(|count| count.to_string()).join(" | "));
}

/// Prints what our own parser gets wrong.
fn print_misses(cases: &[Case]) {
    for case in cases {
        let parsed = (PARSERS[0].parse)(&case.name);
        let verdicts = verdicts(&case.expect, &parsed);
        let wrong: Vec<&str> =
            (0..FIELDS.len()).filter(|at| verdicts[*at] == Some(false)).map(|at| FIELDS[at]).collect();
        if !wrong.is_empty() {
            println!("{}: {}\n  wanted {:?}\n  read   {parsed:?}", wrong.join(", "), case.name, case.expect);
        }
    }
}

/// Per field: not judged, wrong or right.
fn verdicts(expected: &Expected, parsed: &Parsed) -> [Option<bool>; FIELDS.len()] {
    let sorted = |numbers: &[u32]| {
        let mut numbers = numbers.to_vec();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    };
    let same = |wanted: &Option<Vec<u32>>, read: &[u32]| {
        wanted.as_ref().map(|wanted| sorted(wanted) == sorted(read))
    };
    [
        expected.title.as_ref().map(|title| collapsed(title) == collapsed(&parsed.title)),
        same(&expected.seasons, &parsed.seasons),
        same(&expected.episodes, &parsed.episodes),
        expected.year.map(|year| parsed.year == Some(year)),
        expected
            .resolution
            .as_ref()
            .map(|wanted| parsed.resolutions.iter().any(|read| lines(read) == lines(wanted))),
    ]
}

fn collapsed(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A resolution spelled one way: `4k` in lines, and a size without the `p` that some parsers append to it.
fn lines(resolution: &str) -> String {
    match resolution.to_lowercase().as_str() {
        "4k" | "uhd" => "2160p".to_owned(),
        size if size.contains('x') => size.trim_end_matches('p').to_owned(),
        other => other.to_owned(),
    }
}

fn time_per_name(parser: &Parser, cases: &[Case]) -> Duration {
    let mut passes: Vec<Duration> = (0..PASSES)
        .map(|_| {
            let start = Instant::now();
            for case in cases {
                std::hint::black_box((parser.run)(std::hint::black_box(&case.name)));
            }
            start.elapsed()
        })
        .collect();
    passes.sort_unstable();
    passes[PASSES / 2] / u32::try_from(cases.len().max(1)).unwrap_or(u32::MAX)
}
