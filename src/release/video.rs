//! Which files are videos, and which are texts for them.

/// The extensions of files that hold a video, in lower case. Disc images and archives are left out:
/// they cannot be played from their first byte.
pub const VIDEO_EXTENSIONS: [&str; 24] = [
    "3g2", "3gp", "asf", "avi", "divx", "f4v", "flv", "m2ts", "m2v", "m4v", "mkv", "mov", "mp4", "mpeg",
    "mpg", "mts", "mxf", "ogm", "ogv", "rmvb", "ts", "vob", "webm", "wmv",
];

/// The extensions of subtitles that are texts, in lower case. Pictures of texts are left out: players cannot be sent them.
pub const SUBTITLE_EXTENSIONS: [&str; 4] = ["ass", "srt", "ssa", "vtt"];

/// Whether the extension of `path` is one of [`VIDEO_EXTENSIONS`], in either case.
pub fn is_video(path: &str) -> bool {
    has_extension(path, &VIDEO_EXTENSIONS)
}

/// Whether the extension of `path` is one of [`SUBTITLE_EXTENSIONS`], in either case.
pub fn is_subtitle(path: &str) -> bool {
    has_extension(path, &SUBTITLE_EXTENSIONS)
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((_, extension)) = name.rsplit_once('.') else { return false };
    extensions.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_extension_of_the_name_decides() {
        for path in ["a.mp4", "Folder.rar/b.MKV", "c.txt.webm", ".mov", "d.Ts"] {
            assert!(is_video(path), "{path}");
        }
        for path in ["", "mp4", "a.mp4/readme", "a.mkv.part", "b.srt", "c.iso", "d.", "e.mp4 "] {
            assert!(!is_video(path), "{path}");
        }
        assert!(is_subtitle("a/b.SRT") && !is_subtitle("a.srt/b.mkv") && !is_subtitle("c.sub"));
    }

    #[test]
    fn the_list_is_sorted_and_in_lower_case() {
        assert!(VIDEO_EXTENSIONS.is_sorted());
        assert!(VIDEO_EXTENSIONS.iter().all(|extension| extension.to_ascii_lowercase() == **extension));
    }
}
