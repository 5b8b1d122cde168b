//! Which releases hold no picture: soundtracks, books and texts are named like the films they belong to.

use super::{Audio, Release};

/// Endings of files that nobody can watch. Subtitles and archives bear the whole name of their film. A `.torrent` or
/// `.nzb` leads to whatever stands before it.
const OTHERS: [&str; 37] = [
    "7z", "aac", "ac3", "ape", "ass", "azw3", "cbr", "cbz", "dts", "eac3", "epub", "exe", "flac", "idx",
    "iso", "jpg", "m3u", "m4a", "m4b", "mka", "mobi", "mp3", "nfo", "oga", "ogg", "opus", "pdf", "rar",
    "srt", "ssa", "sub", "sup", "txt", "vtt", "wav", "wma", "zip",
];

/// Words for music that was made for a film.
const MUSIC: [&str; 3] = ["soundtrack", "soundtracks", "ost"];

/// Whether a release of this name, of which `release` is the reading, surely or probably holds no video: it ends like
/// another kind of file, or it speaks of music and not of any picture.
pub fn has_no_picture(name: &str, release: &Release) -> bool {
    if name.trim_end().rsplit_once('.').is_some_and(|(_, ending)| is_other(ending)) {
        return true;
    }
    let speaks_of_picture = release.resolution.is_some()
        || release.medium.is_some()
        || release.codec.is_some()
        || release.container.is_some()
        || !release.hdr.is_empty();
    // Sound that goes with pictures is hardly ever named alone.
    let is_music = |format: &Audio| matches!(format, Audio::Mp3 | Audio::Flac | Audio::Opus | Audio::Vorbis);
    let words = || name.split(|c: char| !c.is_alphanumeric());
    let speaks_of_music = release.audio.iter().any(is_music)
        || words().any(|word| MUSIC.contains(&word.to_lowercase().as_str()));
    !speaks_of_picture && speaks_of_music
}

fn is_other(ending: &str) -> bool {
    let ending = ending.to_ascii_lowercase();
    OTHERS.contains(&ending.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_left_out(name: &str) -> bool {
        has_no_picture(name, &Release::parse(name))
    }

    #[test]
    fn soundtracks_books_and_texts_hold_no_picture() {
        for name in [
            "Show.S02E03.Soundtrack.FLAC.mp3",
            "Show S02E03 OST (MP3 320kbps)",
            "Harbour Lights (2019) Original Motion Picture Soundtrack",
            "Harbour.Lights.2019.FLAC-AA",
            "Harbour.Lights.2019.1080p.WEB.H264-AA.srt",
            "Show.S02E03.720p.HDTV.x264-AA.RAR",
            "Harbour Lights (2019).epub",
            "Show.S02.COMPLETE.m4b",
        ] {
            assert!(is_left_out(name), "{name}");
        }
    }

    #[test]
    fn films_with_their_music_do() {
        for name in [
            "[AA] Show - 05 [BD 1080p FLAC].mkv",
            "Show.S02E03.1080p.BluRay.FLAC.2.0.x264-AA",
            "Show.S02E03.DVDRip.XviD.MP3-AA.avi",
            "The.Soundtrack.of.Our.Lives.2019.1080p.WEB.H264-AA",
            "Harbour.Lights.2019",
            "Show S02E03",
            "Show.S02E03.mkv",
            "Harbour.Lights.2019.1080p.WEB.H264-AA.mkv.torrent",
            "Harbour.Lights.2019.AC3-AA",
        ] {
            assert!(!is_left_out(name), "{name}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_names_no_video() {
        assert!(OTHERS.is_sorted());
        assert!(!OTHERS.iter().any(|ending| super::super::VIDEO_EXTENSIONS.contains(ending)));
    }
}
