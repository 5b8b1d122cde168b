//! Media types by file name extension.

/// The `Content-Type` of a file called `name`.
///
/// Players choose their demuxer by it and TVs refuse what they do not expect, so that the table
/// holds what players accept rather than what is registered: Matroska is `video/x-matroska`.
pub fn media_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "mkv" | "mk3d" => "video/x-matroska",
        "mka" => "audio/x-matroska",
        "mp4" | "m4v" => "video/mp4",
        "webm" => "video/webm",
        "ts" | "m2ts" | "mts" => "video/mp2t",
        "avi" | "divx" => "video/x-msvideo",
        "mov" | "qt" => "video/quicktime",
        "mpg" | "mpeg" | "vob" | "m2v" => "video/mpeg",
        "wmv" => "video/x-ms-wmv",
        "asf" => "video/x-ms-asf",
        "flv" => "video/x-flv",
        "ogv" => "video/ogg",
        "3gp" => "video/3gpp",
        "mp3" => "audio/mpeg",
        "m4a" | "m4b" => "audio/mp4",
        "aac" => "audio/aac",
        "flac" => "audio/flac",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "ac3" => "audio/ac3",
        "m3u8" => "application/vnd.apple.mpegurl",
        "mpd" => "application/dash+xml",
        "srt" => "application/x-subrip; charset=utf-8",
        "vtt" => "text/vtt; charset=utf-8",
        "ass" | "ssa" => "text/x-ssa; charset=utf-8",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_extension_decides_in_either_case() {
        for (name, wanted) in [
            ("Sintel.2010.1080p.mkv", "video/x-matroska"),
            ("CLIP.MP4", "video/mp4"),
            ("a.mkv.srt", "application/x-subrip; charset=utf-8"),
            ("broadcast.m2ts", "video/mp2t"),
            ("page.html", "application/octet-stream"),
            ("mkv", "application/octet-stream"),
            ("", "application/octet-stream"),
        ] {
            assert_eq!(media_type(name), wanted, "{name}");
        }
    }
}
