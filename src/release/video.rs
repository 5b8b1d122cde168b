//! Which files are videos.

/// The extensions of files that hold a video, in lower case. Disc images and archives are left out:
/// they cannot be played from their first byte.
pub const VIDEO_EXTENSIONS: [&str; 24] = [
    "3g2", "3gp", "asf", "avi", "divx", "f4v", "flv", "m2ts", "m2v", "m4v", "mkv", "mov", "mp4", "mpeg",
    "mpg", "mts", "mxf", "ogm", "ogv", "rmvb", "ts", "vob", "webm", "wmv",
];

/// Whether the extension of `path` is one of [`VIDEO_EXTENSIONS`], in either case.
pub fn is_video(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((_, extension)) = name.rsplit_once('.') else { return false };
    VIDEO_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
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
    }

    #[test]
    fn the_list_is_sorted_and_in_lower_case() {
        assert!(VIDEO_EXTENSIONS.is_sorted());
        assert!(VIDEO_EXTENSIONS.iter().all(|extension| extension.to_ascii_lowercase() == **extension));
    }
}
