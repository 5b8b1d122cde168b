//! One offer as clients are shown it.

use std::borrow::Cow;
use std::time::SystemTime;

use crate::addon::offers::Offer;
use crate::links::{self, LinkSigner, PublicUrl};
use crate::release::{Hdr, Language};
use crate::stremio::Stream;
use crate::stremio::stream::StreamHints;

/// What the links of all rows of a list share.
pub(super) struct Rows<'a> {
    pub(super) base: &'a PublicUrl,
    pub(super) profile: Option<&'a str>,
    pub(super) signer: &'a LinkSigner,
    pub(super) now: SystemTime,
}

impl Rows<'_> {
    /// The row of an offer with these two columns.
    pub(super) fn row(&self, offer: &Offer, (name, description): (String, String)) -> Stream {
        let content = (offer.candidate.info_hash, offer.file);
        let token = self.signer.sign(content.0, content.1, self.now);
        let url = links::play(self.base, self.profile, &token, content, &shown_name(offer));
        // Browsers play MP4 and refuse what comes over plain HTTP to their HTTPS pages.
        let web_ready = offer.container() == Some("mp4") && self.base.is_https();
        Stream {
            url,
            name,
            description,
            behavior_hints: StreamHints {
                binge_group: binge_group(offer),
                filename: offer.file_name.clone(),
                video_size: offer.file_size,
                video_hash: None,
                not_web_ready: !web_ready,
            },
        }
    }
}

/// The file's name; where only the release's is known, that, without what a path would be cut at.
fn shown_name(offer: &Offer) -> Cow<'_, str> {
    match (&offer.file_name, &offer.candidate.file_name) {
        (Some(name), _) | (None, Some(name)) => Cow::Borrowed(name),
        (None, None) => Cow::Owned(offer.candidate.name.replace(['/', '\\'], " ")),
    }
}

/// What the next episode must have in common with this one to be played after it: whatever a viewer would notice. The
/// torrent is not part of it, so that series go on where each episode has its own; what is cached is not either.
pub(in crate::addon) fn binge_group(offer: &Offer) -> String {
    let release = &offer.release;
    let word = |text: Option<String>| text.map_or_else(|| "-".to_owned(), |text| text.to_lowercase());
    let mut ranges: Vec<Hdr> = release.hdr.iter().copied().filter(|range| *range != Hdr::Sdr).collect();
    ranges.sort_unstable();
    ranges.dedup();
    let mut spoken: Vec<Language> = release.languages.clone();
    spoken.sort_unstable();
    spoken.dedup();
    let mut languages: Vec<&str> = spoken.iter().map(|language| language.code()).collect();
    if release.multi_audio {
        languages.push("multi");
    }
    let ranges: Vec<String> = ranges.iter().map(ToString::to_string).collect();
    [
        "headwater".to_owned(),
        word(release.resolution.map(|resolution| resolution.to_string())),
        word(release.medium.map(|medium| medium.to_string())),
        word(release.codec.map(|codec| codec.to_string())),
        word((!ranges.is_empty()).then(|| ranges.join("+"))),
        word((!languages.is_empty()).then(|| languages.join("+"))),
    ]
    .join("|")
}
