//! How long each kind of player can be kept waiting for the head of an answer.

use std::time::Duration;

/// The kinds of player that differ in patience, by the name they send in `User-Agent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Player {
    /// FFmpeg and mpv: mpv gives up on a silent connection after 60 s, FFmpeg never.
    Ffmpeg,
    /// curl and wget, which wait for ever.
    CommandLine,
    /// VLC: waits for ever, follows five redirects.
    Vlc,
    /// ExoPlayer and what Android applications are built on: 8 s for every read.
    ExoPlayer,
    /// AVPlayer on Apple's systems, Safari included.
    Apple,
    /// Chromium and Firefox.
    Browser,
    /// Kodi: gives up after 20 s below one byte a second, follows five redirects.
    Kodi,
    /// GStreamer's HTTP source, which webOS and Tizen sets are built on: 15 s.
    GStreamer,
    /// DLNA sets and whatever is not known: the Samsung reader waits 5 s at a time.
    Unknown,
}

/// What a player bears while a content is being prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// How long one answer may be held back.
    pub hop: Duration,
    /// How many redirects may follow each other. Every player here allows at least one more, which
    /// leaves one for the placeholder at the end.
    pub hops: u8,
}

/// Who says so in lower case; the first match counts, since applications add the names of what they
/// are built on, and televisions call themselves Chrome.
const SIGNS: [(&str, Player); 27] = [
    ("kodi", Player::Kodi),
    ("xbmc", Player::Kodi),
    ("exoplayer", Player::ExoPlayer),
    ("androidxmedia", Player::ExoPlayer),
    ("media3", Player::ExoPlayer),
    ("vlc/", Player::Vlc),
    ("libvlc", Player::Vlc),
    ("lavf/", Player::Ffmpeg),
    ("libmpv", Player::Ffmpeg),
    ("mpv", Player::Ffmpeg),
    ("applecoremedia", Player::Apple),
    ("dlnadoc", Player::Unknown),
    ("sec_hhp", Player::Unknown),
    ("libsoup", Player::GStreamer),
    ("gstreamer", Player::GStreamer),
    ("souphttpsrc", Player::GStreamer),
    ("web0s", Player::GStreamer),
    ("webos", Player::GStreamer),
    ("tizen", Player::GStreamer),
    ("chrome/", Player::Browser),
    ("chromium/", Player::Browser),
    ("firefox/", Player::Browser),
    ("safari/", Player::Apple),
    ("okhttp", Player::ExoPlayer),
    ("dalvik", Player::ExoPlayer),
    ("curl/", Player::CommandLine),
    ("wget/", Player::CommandLine),
];

impl Player {
    /// The player behind a `User-Agent`.
    pub fn of(user_agent: &str) -> Self {
        let name = user_agent.to_ascii_lowercase();
        SIGNS.iter().find(|(sign, _)| name.contains(sign)).map_or(Self::Unknown, |&(_, player)| player)
    }

    /// What this player bears. Each hop stays below the player's own limit and below 60 s, at which
    /// nginx and many other proxies in between cut a silent answer.
    pub fn tolerance(self) -> Tolerance {
        let (seconds, hops) = match self {
            Self::Ffmpeg | Self::CommandLine => (50, 7),
            Self::Vlc => (45, 4),
            Self::ExoPlayer => (6, 18),
            Self::Apple => (25, 12),
            Self::Browser => (45, 18),
            Self::Kodi => (12, 4),
            Self::GStreamer => (10, 15),
            Self::Unknown => (4, 4),
        };
        Tolerance { hop: Duration::from_secs(seconds), hops }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn players_are_known_by_their_user_agent() {
        for (user_agent, wanted) in [
            ("Lavf/61.7.100", Player::Ffmpeg),
            ("libmpv", Player::Ffmpeg),
            ("mpv 0.40.0", Player::Ffmpeg),
            ("VLC/3.0.21 LibVLC/3.0.21", Player::Vlc),
            ("Stremio/1.6 (Linux;Android 13) ExoPlayerLib/2.18.7", Player::ExoPlayer),
            ("Stremio (Linux;Android 14) AndroidXMedia3/1.4.1", Player::ExoPlayer),
            ("Dalvik/2.1.0 (Linux; U; Android 9; BRAVIA 4K)", Player::ExoPlayer),
            ("okhttp/4.12.0", Player::ExoPlayer),
            ("AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; en_us)", Player::Apple),
            (
                "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                Player::Apple,
            ),
            (
                "Mozilla/5.0 (X11; Linux) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
                Player::Browser,
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", Player::Browser),
            (
                "Kodi/21.1 (Linux; Android 11; AFTKA) Android/11 Sys_CPU/armv8l App_Bitness/32 Version/21.1",
                Player::Kodi,
            ),
            ("GStreamer souphttpsrc 1.26.2 libsoup/3.6.5", Player::GStreamer),
            (
                "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94 Safari/537.36",
                Player::GStreamer,
            ),
            (
                "Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) AppleWebKit/537.36 Chrome/94 Safari/537.36",
                Player::GStreamer,
            ),
            ("DLNADOC/1.50 SEC_HHP_[TV] Samsung Q7/1.0", Player::Unknown),
            ("curl/8.14.1", Player::CommandLine),
            ("", Player::Unknown),
        ] {
            assert_eq!(Player::of(user_agent), wanted, "{user_agent}");
        }
    }

    #[test]
    fn every_hop_ends_before_the_player_itself_gives_up() {
        let limits = [
            (Player::Ffmpeg, 60),
            (Player::ExoPlayer, 8),
            (Player::Apple, 60),
            (Player::Kodi, 20),
            (Player::GStreamer, 15),
        ];
        for (player, seconds) in limits {
            assert!(player.tolerance().hop < Duration::from_secs(seconds), "{player:?}");
        }
    }
}
