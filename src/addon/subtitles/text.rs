//! Subtitle texts: any charset in, UTF-8 out, as SubRip or WebVTT.

use super::timing;
use crate::net::read_text;

/// A text format of subtitles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// SubRip, `.srt`.
    Srt,
    /// WebVTT, `.vtt`.
    Vtt,
    /// SubStation Alpha, `.ass` and `.ssa`. Read, never written.
    Ass,
}

/// The bytes hold no subtitles of a known form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file holds no subtitles that can be read")]
pub struct NotSubtitles;

/// One text on the screen.
#[derive(Debug, PartialEq, Eq)]
struct Cue {
    from: u64,
    to: u64,
    lines: Vec<String>,
}

impl Form {
    /// The form that a file's extension names.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "srt" => Self::Srt,
            "vtt" => Self::Vtt,
            "ass" | "ssa" => Self::Ass,
            _ => return None,
        })
    }
}

/// Reads subtitles in whatever form and charset they are, and writes them as `wanted` in UTF-8: WebVTT if that is
/// asked for, else SubRip. Tags such as `<i>` are kept, styles and places are dropped.
///
/// # Errors
/// There is not one cue in the text.
pub fn read(bytes: &[u8], wanted: Form) -> Result<String, NotSubtitles> {
    let text = read_text(bytes);
    let cues = if text.contains("[Events]") { styled(&text) } else { timed(&text) };
    if cues.is_empty() {
        return Err(NotSubtitles);
    }
    Ok(match wanted {
        Form::Vtt => written(&cues, "WEBVTT\n\n", '.'),
        Form::Srt | Form::Ass => written(&cues, "", ','),
    })
}

/// The cues of SubRip and WebVTT, which differ in headers and in the point before the milliseconds.
fn timed(text: &str) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut open = false;
    let mut lines = text.lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        if let Some((from, to)) = span(line) {
            cues.push(Cue { from, to, lines: Vec::new() });
            open = true;
        } else if line.is_empty() {
            open = false;
        } else if open && let Some(cue) = cues.last_mut() {
            // A number right in front of a time belongs to the next cue, whose empty line is missing.
            let is_number = line.bytes().all(|byte| byte.is_ascii_digit());
            if !(is_number && lines.peek().is_some_and(|next| span(next).is_some())) {
                cue.lines.push(line.to_owned());
            }
        }
    }
    cues.retain(|cue| !cue.lines.is_empty());
    cues
}

/// `00:00:01,000 --> 00:00:02,000`, and places behind it.
fn span(line: &str) -> Option<(u64, u64)> {
    let (from, to) = line.split_once("-->")?;
    let to = to.split_whitespace().next()?;
    Some((timing::parse(from)?, timing::parse(to)?))
}

/// The dialogue of SubStation Alpha, in the order of time.
fn styled(text: &str) -> Vec<Cue> {
    let (mut from, mut to, mut words) = (1, 2, 9);
    let mut cues = Vec::new();
    for line in text.lines().skip_while(|line| line.trim() != "[Events]") {
        if let Some(format) = line.strip_prefix("Format:") {
            for (at, column) in format.split(',').map(str::trim).enumerate() {
                match column {
                    "Start" => from = at,
                    "End" => to = at,
                    "Text" => words = at,
                    _ => {}
                }
            }
        } else if let Some(dialogue) = line.strip_prefix("Dialogue:") {
            let columns: Vec<&str> = dialogue.splitn(words + 1, ',').collect();
            let time = |at: usize| columns.get(at).and_then(|text| timing::parse(text));
            let (Some(from), Some(to), Some(text)) = (time(from), time(to), columns.get(words)) else {
                continue;
            };
            let lines = unstyled(text);
            if !lines.is_empty() {
                cues.push(Cue { from, to, lines });
            }
        }
    }
    cues.sort_by_key(|cue| cue.from);
    cues
}

/// Without `{\…}`, and with real line breaks.
fn unstyled(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for character in text.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    let lines = plain.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ");
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn written(cues: &[Cue], header: &str, separator: char) -> String {
    let mut text = header.to_owned();
    for (number, cue) in cues.iter().enumerate() {
        if header.is_empty() {
            text.push_str(&format!("{}\n", number + 1));
        }
        let (from, to) = (timing::print(cue.from, separator), timing::print(cue.to, separator));
        text.push_str(&format!("{from} --> {to}\n{}\n\n", cue.lines.join("\n")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SRT: &str = "1\n00:00:01,000 --> 00:00:02,500\nGrüße\n<i>aus Łódź</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nEnde\n\n";

    #[test]
    fn subrip_becomes_webvtt_and_back() {
        let vtt = read(SRT.as_bytes(), Form::Vtt).unwrap();
        assert!(
            vtt.starts_with("WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nGrüße\n<i>aus Łódź</i>\n\n"),
            "{vtt}"
        );
        assert_eq!(read(vtt.as_bytes(), Form::Srt).unwrap(), SRT);
    }

    #[test]
    fn charsets_are_recognised() {
        let russian = "1\r\n00:00:01,000 --> 00:00:02,000\r\nПривет, как твои дела сегодня?\r\n\r\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
        assert!(read(&bytes, Form::Srt).unwrap().contains("Привет, как твои дела сегодня?"));
        let utf16: Vec<u8> =
            std::iter::once(0xfeff).chain(SRT.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&utf16, Form::Srt).unwrap(), SRT);
        let mut marked = vec![0xef, 0xbb, 0xbf];
        marked.extend_from_slice(SRT.as_bytes());
        assert_eq!(read(&marked, Form::Srt).unwrap(), SRT);
        let (japanese, _, _) = encoding_rs::SHIFT_JIS
            .encode("1\n00:00:01,000 --> 00:00:02,000\n今日はいい天気ですね、散歩に行きましょう\n");
        assert!(read(&japanese, Form::Srt).unwrap().contains("今日はいい天気ですね"));
    }

    #[test]
    fn dialogue_of_substation_alpha_loses_its_styles_and_comes_in_order() {
        let ass = "[Script Info]\nTitle: x\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n\
            Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,Later, with a comma\n\
            Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,no\n\
            Dialogue: 0,0:00:01.50,0:00:02.00,Default,,0,0,0,,{\\i1}First{\\i0}\\Nline\n\
            Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,{\\p1}\n";
        let srt = read(ass.as_bytes(), Form::Srt).unwrap();
        assert_eq!(
            srt,
            "1\n00:00:01,500 --> 00:00:02,000\nFirst\nline\n\n2\n00:00:05,000 --> 00:00:06,000\nLater, with a comma\n\n"
        );
    }

    #[test]
    fn sloppy_files_are_read_and_others_refused() {
        let sloppy = "00:01.000 --> 00:02.000 align:start\nOne\n2\n00:03.000 --> 00:04.000\nTwo";
        let srt = read(sloppy.as_bytes(), Form::Srt).unwrap();
        assert_eq!(srt.lines().filter(|line| line.contains("-->")).count(), 2);
        assert!(!srt.contains("One\n2\n\n"), "{srt}");
        for bytes in
            [&b""[..], b"<html>", b"\0\0\0\0", b"WEBVTT\n\n", b"1\n00:00:01,000 --> 00:00:02,000\n\n"]
        {
            assert_eq!(read(bytes, Form::Vtt), Err(NotSubtitles));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_whatever_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let _ = read(&bytes, Form::Vtt);
        }
    }
}
