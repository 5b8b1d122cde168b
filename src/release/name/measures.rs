//! Words about quality that hold a number: lines, sizes, rates, formats with their channels.

use super::Resolution;
use super::token::{Gap, Strength, Text, decimal};
use super::words::{self, Tag, Word};

/// Words that hold a number: lines, sizes, rates, formats with their channels.
pub(super) fn measured(text: &Text<'_>, index: usize) -> Option<(Word, usize)> {
    let word = text.word(index).as_bytes();
    if word.len() > 24 {
        return None;
    }
    let strong = |tag| Some((Word { tag, strength: Strength::Strong }, 1));
    if let Some(tag) = lines(word).or_else(|| dimensions(word)) {
        return strong(tag);
    }
    let parted = || parted_lines(text, index);
    if let Some(found) = crossed(text, index).or_else(|| size(text, index)).or_else(parted) {
        return Some(found);
    }
    if let Some((tag, count)) = loose_channels(text, index) {
        return Some((Word { tag, strength: Strength::Strong }, count));
    }
    counted(word).and_then(strong)
}

/// `1080p`, `720px`, `1080p24`, `TC1080P`, `1o8op`; `720hd`, `hd720`, `m1080`.
fn lines(word: &[u8]) -> Option<Tag> {
    let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic() && **byte != b'o').count();
    let (prefix, rest) = word.split_at(letters);
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'o').count();
    let (digits, form) = rest.split_at(length);
    let known_prefix = prefix.is_empty() || prefix == b"m" || leads_lines(prefix);
    if !(3..=5).contains(&digits.len()) || !known_prefix || !is_form(form, !prefix.is_empty()) {
        return None;
    }
    let interlaced = form.starts_with(b"i");
    let mut value = 0_u32;
    for byte in digits {
        // Some write the letter for the digit to slip through filters.
        let digit = if *byte == b'o' { b'0' } else { *byte };
        value = value * 10 + u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
    }
    // Films are cut above and below: `816p`.
    let cut = || {
        (form == b"p" && (250..=2200).contains(&value))
            .then(|| Some(of_dimensions(0, u16::try_from(value).ok()?)))?
    };
    let resolution = named(value).filter(|_| !form.is_empty() || is_usual(value)).or_else(cut)?;
    Some(if interlaced { Tag::Interlaced(resolution) } else { Tag::Lines(resolution) })
}

/// `720 p`, `1080 i`, `1080р` with the letter of another alphabet.
fn parted_lines(text: &Text<'_>, index: usize) -> Option<(Word, usize)> {
    let (value, _) = text.free_number(index).filter(|(value, _)| is_usual(*value))?;
    let (resolution, gap) = (named(value)?, text.gap(index + 1));
    let is_cyrillic = text.word(index + 1) == "р";
    let tag = match text.word(index + 1) {
        "p" | "р" => Tag::Lines(resolution),
        "i" => Tag::Interlaced(resolution),
        _ => return None,
    };
    let apart = gap == Gap::SPACE || gap == Gap::UNDERSCORE || is_cyrillic && gap == Gap::default();
    (index > 0 && apart).then_some((Word { tag, strength: Strength::Strong }, 2))
}

/// Whether this is what may stand behind a number of lines: its form, perhaps with the pictures per second or the
/// bits per colour. A word in front is enough as well.
fn is_form(form: &[u8], is_led: bool) -> bool {
    let form = form.strip_suffix(b"fps").unwrap_or(form);
    match form.split_first() {
        None => is_led,
        Some((b'p' | b'i', rate)) => {
            matches!(rate, b"" | b"x" | b"hd") || rate.len() <= 3 && rate.iter().all(u8::is_ascii_digit)
        }
        Some(_) => form == b"hd",
    }
}

/// Whether a number is one of lines even where no letter says so, if words about quality stand beside it.
pub(super) const fn is_usual(value: u32) -> bool {
    matches!(value, 480 | 576 | 720 | 1080 | 2160)
}

/// The resolution of a number of lines that stands in a name, with common slips.
pub(super) fn named(lines: u32) -> Option<Resolution> {
    Some(match lines {
        144 => Resolution::P144,
        240 => Resolution::P240,
        360 => Resolution::P360,
        368 | 384 | 396 | 400 | 404 | 432 | 460 | 480 => Resolution::P480,
        540 | 544 => Resolution::P540,
        576 => Resolution::P576,
        720 => Resolution::P720,
        900 | 1080 => Resolution::P1080,
        1440 => Resolution::P1440,
        2160 => Resolution::P2160,
        4320 => Resolution::P4320,
        // A slip of the keyboard doubles the last digit.
        4800 | 7200 | 10800 => return named(lines / 10),
        _ => return None,
    })
}

/// `1920x1080`, `1896x1048p`, `BD1280x720`.
fn dimensions(word: &[u8]) -> Option<Tag> {
    let letters = word.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (medium, size) = word.split_at(letters);
    if !(medium.is_empty() || leads_lines(medium)) {
        return None;
    }
    let cross = size.iter().position(|byte| *byte == b'x')?;
    by_size(&size[..cross], &size[cross + 1..])
}

/// Whether letters may touch the number behind them, for they speak of quality too.
fn leads_lines(letters: &[u8]) -> bool {
    let known = std::str::from_utf8(letters).ok().and_then(words::find);
    let told = known.is_some_and(|word| matches!(word.tag, Tag::Medium(_) | Tag::Idle | Tag::Codec(_)));
    told || letters == b"bd"
}

/// `1280*720`, `1280×720`, `1280 x 720`: a size whose cross is a sign, another alphabet's letter or a word of its own.
fn crossed(text: &Text<'_>, index: usize) -> Option<(Word, usize)> {
    let lettered = matches!(text.word(index + 1), "x" | "х");
    let second = index + 1 + usize::from(lettered);
    let (one, other) = (text.get(index)?, text.get(second)?);
    let between = text.lower[one.end..other.start].trim();
    if other.start - one.end > 4 || !matches!(between, "*" | "×" | "x" | "х") {
        return None;
    }
    // `1080 x 264` is a number of lines and a codec.
    let height = text.word(second);
    let tag = by_size(text.word(index).as_bytes(), height.as_bytes())
        .filter(|_| !matches!(height, "264" | "265"))?;
    Some((Word { tag, strength: Strength::Strong }, second + 1 - index))
}

/// The digits of a width and a height, perhaps with the form behind.
fn by_size(width: &[u8], height: &[u8]) -> Option<Tag> {
    let half = height.ends_with(b"i");
    let height = height.strip_suffix(b"p").or_else(|| height.strip_suffix(b"i")).unwrap_or(height);
    let number = |digits: &[u8]| {
        let plain = (3..=4).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
        plain.then(|| u16::try_from(decimal(digits)).ok())?
    };
    let (width, height) = (number(width)?, number(height)?);
    // A picture is not five times as wide as it is high: `2016x231` is an episode.
    let tag =
        if half { Tag::Interlaced(of_dimensions(width, height)) } else { Tag::Dimensions(width, height) };
    (width / height.max(1) < 5).then_some(tag)
}

/// The resolution of a picture of this size: by its width as well, since films are cut above and below.
pub(super) const fn of_dimensions(width: u16, height: u16) -> Resolution {
    // A picture of the usual form has as many lines as it is high.
    let usual = width <= height.saturating_mul(9) / 5;
    match (width, height) {
        (6000.., _) | (_, 3200..) => Resolution::P4320,
        (_, 360) if usual => Resolution::P360,
        (_, 720) if usual => Resolution::P720,
        (3000.., _) | (_, 1600..) => Resolution::P2160,
        (2200.., _) | (_, 1200..) => Resolution::P1440,
        (1500.., _) | (_, 800..) => Resolution::P1080,
        (1100.., _) | (_, 600..) => Resolution::P720,
        (_, 560..) => Resolution::P576,
        (900.., _) => Resolution::P540,
        (_, 400..) | (600.., _) => Resolution::P480,
        (_, 300..) => Resolution::P360,
        _ => Resolution::P240,
    }
}

/// `1.4GB`, `800 MB`, `192Kbps`, `60fps`.
fn size(text: &Text<'_>, index: usize) -> Option<(Word, usize)> {
    let word = text.word(index).as_bytes();
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 6 {
        return None;
    }
    let whole = u64::from(decimal(&word[..digits]));
    let strong = |tag, count| Some((Word { tag, strength: Strength::Strong }, count));
    if digits < word.len() {
        return strong(amount(whole * 100, &word[digits..])?, 1);
    }
    // `1.4GB`: the part behind the point, then the unit, perhaps behind a blank.
    let next = text.word(index + 1).as_bytes();
    let gap = text.gap(index + 1);
    let decimals = next.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if decimals == 0 && gap == Gap::SPACE {
        return strong(amount(whole * 100, next)?, 2);
    }
    if !(gap == Gap::DOT || gap == Gap::COMMA) || !(1..=3).contains(&decimals) {
        return None;
    }
    let hundredths = u64::from(decimal(&next[..decimals.min(2)])) * if decimals == 1 { 10 } else { 1 };
    let value = whole * 100 + hundredths;
    if decimals < next.len() {
        return strong(amount(value, &next[decimals..])?, 2);
    }
    (text.gap(index + 2) == Gap::SPACE).then(|| strong(amount(value, text.word(index + 2).as_bytes())?, 3))?
}

/// A number of hundredths with its unit.
fn amount(hundredths: u64, unit: &[u8]) -> Option<Tag> {
    let scale = match std::str::from_utf8(unit).ok()? {
        "gb" | "gib" | "gbs" | "гб" => 1 << 30,
        "mb" | "mib" | "mbs" | "мб" => 1 << 20,
        "tb" | "tib" => 1_u64 << 40,
        "kbps" | "kbit" | "mbps" | "fps" | "kb" | "kbs" | "hz" | "khz" | "min" => return Some(Tag::Idle),
        _ => return None,
    };
    Some(Tag::Size(hundredths * scale / 100))
}

/// `5.1` on its own. Other pairs of digits are channels only behind a sound format.
fn loose_channels(text: &Text<'_>, index: usize) -> Option<(Tag, usize)> {
    let pair = (text.word(index), text.word(index + 1));
    let (around, below) = match pair {
        ("5", "1" | "1ch") => (5, 1),
        ("7", "1" | "1ch") => (7, 1),
        ("2", "0ch") => (2, 0),
        _ => return single_channels(text.word(index)).map(|tag| (tag, 1)),
    };
    let joined = text.gap(index + 1) == Gap::DOT && text.gap(index) != Gap::default();
    let decimal_ends = text.gap(index + 2) != Gap::DOT || text.free_number(index + 2).is_none();
    (joined && decimal_ends).then_some((Tag::Channels(around, below), 2))
}

/// `6CH`, `2ch`.
fn single_channels(word: &str) -> Option<Tag> {
    match word {
        "1ch" => Some(Tag::Channels(1, 0)),
        "2ch" => Some(Tag::Channels(2, 0)),
        "6ch" => Some(Tag::Channels(5, 1)),
        "8ch" => Some(Tag::Channels(7, 1)),
        _ => None,
    }
}

/// A known word with a number at one of its ends: `DDP5`, `FLACx3`, `2audio`, `x265v2`.
fn counted(word: &[u8]) -> Option<Tag> {
    let digits = word.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let leading = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let core = match (leading, digits) {
        (0, 1 | 2) => {
            let core = &word[..word.len() - digits];
            core.strip_suffix(b"x").or_else(|| core.strip_suffix(b"v")).unwrap_or(core)
        }
        (1, 0) if word.ends_with(b"audio") || word.ends_with(b"audios") => return Some(Tag::MultiAudio),
        _ => return None,
    };
    if core == b"crf" {
        return Some(Tag::Idle);
    }
    let known = words::find(std::str::from_utf8(core).ok()?)?;
    let sound = matches!(known.tag, Tag::Audio(_));
    let versioned = known.strength == Strength::Strong && matches!(known.tag, Tag::Codec(_));
    (sound || versioned).then_some(known.tag)
}
