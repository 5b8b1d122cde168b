//! The words of release names and what each one says.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::token::Strength::{self, Firm, Strong, Weak};
use super::{Audio, Codec, Hdr, Medium, Resolution};
use super::{compounds, editions};

/// What a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Lines(Resolution),
    Interlaced(Resolution),
    /// A name for a resolution, as `4K`. It may be that of the picture it was made from, so a number beside it counts.
    Grade(Resolution),
    Dimensions(u16, u16),
    Medium(Medium),
    Codec(Codec),
    Depth(u8),
    Hdr(Hdr),
    Audio(Audio),
    /// Loudspeakers around the listener, and for the lowest tones.
    Channels(u8, u8),
    /// A language that is spoken, by its code; or one of subtitles, if a word beside it says so.
    Spoken(&'static str),
    Subtitles(&'static str),
    Dubbed(&'static str),
    /// Subtitles in the language beside it.
    SubtitlesOf,
    /// A dubbed version, perhaps in the language beside it.
    Dub,
    MultiAudio,
    HardSub,
    Edition(&'static str),
    Proper,
    Repack,
    ThreeD,
    Complete,
    Size(u64),
    /// Nothing that is kept: a service, a site, a habit of groups.
    Idle,
}

/// Words without blanks, dots and hyphens inside them: `webdl` stands for `WEB-DL` and `Web DL` too.
const WORDS: &[(&str, Tag, Strength)] = &[
    ("cam", Tag::Medium(Medium::Cam), Weak),
    ("camrip hdcam hqcam hdcamrip camhd", Tag::Medium(Medium::Cam), Strong),
    ("ts", Tag::Medium(Medium::Telesync), Weak),
    (
        "hdts tsrip hdtsrip telesync telesynch pdvd predvd predvdrip predvdr hqts",
        Tag::Medium(Medium::Telesync),
        Strong,
    ),
    ("tc", Tag::Medium(Medium::Telecine), Weak),
    ("telecine hdtc tcrip hdtcrip", Tag::Medium(Medium::Telecine), Strong),
    // Discs of a region where films are sold early, made from the film reels.
    ("r5 r6 r5line r6line r5ddc ddc", Tag::Medium(Medium::Telecine), Firm),
    ("wp", Tag::Medium(Medium::Telecine), Weak),
    ("scr screener", Tag::Medium(Medium::Screener), Firm),
    (
        "dvdscr dvdscreener bdscr webscr webscreener hdscr scrrip dvdscrrip",
        Tag::Medium(Medium::Screener),
        Strong,
    ),
    ("vhs", Tag::Medium(Medium::Vhs), Weak),
    ("vhsrip vhsscr", Tag::Medium(Medium::Vhs), Strong),
    (
        "tvrip satrip dsr dsrip dthrip pdtv pdtvrip sdtv ldtv uktv dvbrip dvb dvtv ppvrip tvhd digitalrip",
        Tag::Medium(Medium::SdTv),
        Strong,
    ),
    ("hdtv hdtvrip hdtvr uhdtv uhdtvrip ahdtv dtv dthd", Tag::Medium(Medium::HdTv), Strong),
    ("dvdrip dvdmux dvdripped dvdrips xdvdrip dvdriptaiwan", Tag::Medium(Medium::DvdRip), Strong),
    ("dvd", Tag::Medium(Medium::Dvd), Firm),
    (
        "dvd5 dvd9 dvdr dvdr5 dvdr9 dvdfull fulldvd dvdremux dvdiso mdvdr ntscdvd paldvd ntscdvdr paldvdr dvdntsc dvdpal videots",
        Tag::Medium(Medium::Dvd),
        Strong,
    ),
    ("hddvd hddvdrip hddvdremux", Tag::Medium(Medium::HdDvd), Strong),
    (
        "webrip webdlrip webcap weblrip webrips webripped hdrip hqhdrip webhdrip vodrip vodr vod webtvrip hdtvwebrip",
        Tag::Medium(Medium::WebRip),
        Strong,
    ),
    ("web", Tag::Medium(Medium::WebDl), Weak),
    ("webdl webhd webuhd webddl webmux webdlhd webhdl", Tag::Medium(Medium::WebDl), Strong),
    ("brrip brmux brip bdripremastered", Tag::Medium(Medium::BrRip), Strong),
    ("bd br", Tag::Medium(Medium::BluRay), Weak),
    (
        "bluray bluraydisc blurays blurayrip bdrip bdmux bdiso bdmv bdr bd25 bd50 bd66 bd100 uhdbd uhdbdrip uhdrip bdfull \
         fullbluray blueray bluraycomplete microhd mhd hdlight bdlight bd9 minibd minihd bdwebrip",
        Tag::Medium(Medium::BluRay),
        Strong,
    ),
    (
        "remux bdremux uhdremux uhdbdremux blurayremux uhdblurayremux bdremuxed remuxed",
        Tag::Medium(Medium::Remux),
        Strong,
    ),
    ("x264 h264 avc x264crf h264avc avchd x642 10bitavc", Tag::Codec(Codec::Avc), Strong),
    ("x265 h265 hevc hevc10 x265crf hevcx265 h265hevc", Tag::Codec(Codec::Hevc), Strong),
    ("xvid divx divx5 xvidhd xvidvd divx3 divx6", Tag::Codec(Codec::Xvid), Strong),
    ("mpeg2 mpg2 h262", Tag::Codec(Codec::Mpeg2), Strong),
    (
        "mpeg4 mp2 mpeg h263 vp8 rv10 realvideo hi422p high10 bt2020 bt709 dmrip hdmux tvmux svcd xsvcd vcd xvcd vcdrip svcdrip dvdivx",
        Tag::Idle,
        Strong,
    ),
    ("vc1", Tag::Codec(Codec::Vc1), Strong),
    ("vp9 vp9p2", Tag::Codec(Codec::Vp9), Strong),
    ("av1 av110bit", Tag::Codec(Codec::Av1), Strong),
    ("vvc h266 x266", Tag::Codec(Codec::Vvc), Strong),
    ("10bit 10bits hi10 hi10p yuv420p10 main10", Tag::Depth(10), Strong),
    ("8bit 8bits", Tag::Depth(8), Strong),
    ("12bit 12bits", Tag::Depth(12), Strong),
    ("sdr", Tag::Hdr(Hdr::Sdr), Weak),
    ("hlg", Tag::Hdr(Hdr::Hlg), Firm),
    ("hdr", Tag::Hdr(Hdr::Hdr10), Weak),
    ("hdr10 hdrip10", Tag::Hdr(Hdr::Hdr10), Strong),
    ("hdr10plus hdr10p hdrplus hdr10+", Tag::Hdr(Hdr::Hdr10Plus), Strong),
    ("dv", Tag::Hdr(Hdr::DolbyVision), Weak),
    ("dovi dolbyvision", Tag::Hdr(Hdr::DolbyVision), Strong),
    ("mp3", Tag::Audio(Audio::Mp3), Firm),
    ("opus", Tag::Audio(Audio::Opus), Weak),
    ("vorbis oggvorbis ogg", Tag::Audio(Audio::Vorbis), Firm),
    ("aac heaac aaclc qaac", Tag::Audio(Audio::Aac), Strong),
    ("ac3 dolbyd dolbydigital ac3d", Tag::Audio(Audio::Ac3), Strong),
    ("dd", Tag::Audio(Audio::Ac3), Weak),
    ("eac3 ddp ddplus dolbydigitalplus eac3d ddpa ddpatmos", Tag::Audio(Audio::Eac3), Strong),
    ("dts dtses", Tag::Audio(Audio::Dts), Strong),
    ("dtshd dtshdma dtsma dtshdhr dtshdhra dtshr dtshra dtshdres", Tag::Audio(Audio::DtsHd), Strong),
    ("dtsx dtshdx", Tag::Audio(Audio::DtsX), Strong),
    ("flac", Tag::Audio(Audio::Flac), Strong),
    ("pcm lpcm", Tag::Audio(Audio::Pcm), Strong),
    ("truehd thd dolbytruehd truehdatmos", Tag::Audio(Audio::TrueHd), Strong),
    ("atmos dolbyatmos", Tag::Audio(Audio::Atmos), Firm),
    ("4k 4kuhd uhd4k ultrahd4k 4klight 4k60 4k60fps 4khdr 4kx2k", Tag::Grade(Resolution::P2160), Strong),
    ("uhd ultrahd", Tag::Grade(Resolution::P2160), Firm),
    ("8k", Tag::Grade(Resolution::P4320), Firm),
    ("2k qhd wqhd", Tag::Grade(Resolution::P1440), Firm),
    ("fullhd fhd fullhd1080", Tag::Grade(Resolution::P1080), Firm),
    ("hd hq sd lq", Tag::Idle, Weak),
    ("extended extendido", Tag::Edition("Extended"), Firm),
    ("uncut", Tag::Edition("Uncut"), Firm),
    ("unrated", Tag::Edition("Unrated"), Firm),
    ("uncensored", Tag::Edition("Uncensored"), Firm),
    ("remastered remaster remasterizado rmstrd remastérisé", Tag::Edition("Remastered"), Firm),
    ("restored restoration", Tag::Edition("Restored"), Firm),
    ("theatrical", Tag::Edition("Theatrical"), Firm),
    ("directors directorscutedition", Tag::Edition("Director's Cut"), Firm),
    ("dc", Tag::Edition("Director's Cut"), Weak),
    ("imax imaxenhanced", Tag::Edition("IMAX"), Firm),
    ("criterion", Tag::Edition("Criterion"), Firm),
    ("collectors", Tag::Edition("Collector's Edition"), Firm),
    ("openmatte", Tag::Edition("Open Matte"), Strong),
    ("redux", Tag::Edition("Redux"), Weak),
    ("deluxe", Tag::Edition("Deluxe Edition"), Weak),
    ("alternateending", Tag::Edition("Alternative"), Firm),
    ("versionlongue", Tag::Edition("Extended"), Firm),
    ("noncensuré noncensure", Tag::Edition("Uncensored"), Firm),
    ("fanedit", Tag::Edition("Fan Edit"), Firm),
    ("despecialized despecializededition", Tag::Edition("Despecialized"), Firm),
    ("colorized", Tag::Edition("Colorized"), Firm),
    ("proper properly realproper", Tag::Proper, Firm),
    ("repack rerip repack2 repack3 2ndrepack reripped", Tag::Repack, Firm),
    ("3d", Tag::ThreeD, Weak),
    ("hsbs halfsbs sbs fullsbs hou halfou htab halftab 3dhsbs 3dsbs 3dhou bd3d bluray3d", Tag::ThreeD, Firm),
    (
        "complete completeversion completeseries completetvseries completeminiseries thecompleteseries thecomplete completa completas completo \
         complet complète integrale intégrale lintégrale lintegrale komplett batch fullseries kompletny kompletní \
         полный completebatch 全集 合集",
        Tag::Complete,
        Firm,
    ),
    (
        "all integral collection collections collezione colección coleccion coleção colecao kolekcja kolekce kollektion",
        Tag::Complete,
        Weak,
    ),
    (
        "multi multilang multilanguage multilingual multiaudio multiaudios dualaudio tripleaudio quadaudio trialaudio dual",
        Tag::MultiAudio,
        Firm,
    ),
    ("multivf multivf2 multivff multivfq multivfi multitruefrench multifrench", Tag::MultiAudio, Firm),
    ("duallanguage dl ml", Tag::MultiAudio, Weak),
    (
        "hardsub hardsubs hardsubbed hardcoded hc korsub korsubs hcsub hcsubs hardcodedsubs",
        Tag::HardSub,
        Firm,
    ),
    (
        "sub subs subtitle subtitles softsub softsubs legenda legendas napisy untertitel sottotitoli \
         subtitulos subtítulos subt altyazı altyazi субтитры суб",
        Tag::SubtitlesOf,
        Weak,
    ),
    (
        "subbed subtitled multisub multisubs msub msubs multiplesubtitle multiplesubtitles multiplesubs dualsub dualsubs 字幕 中文字幕",
        Tag::SubtitlesOf,
        Firm,
    ),
    ("dub dubs", Tag::Dub, Weak),
    ("dubbed fandub fandubbed dubbing dublaj doublé doblado", Tag::Dub, Firm),
    (
        "internal preair digitalmaster highresolution micdubbed linedubbed audiofix audiofixed syncfixed \
         straighttovideo steelbook embeddedsubs fansub fansubs fastsub softsubbed unsubbed regraded featurette featurettes \
         disneyplus paramountplus limited readnfo nfofix dirfix retail custom hybrid subpack ntsc pal secam festival ws widescreen \
         fullscreen letterbox oar convert upscaled upscale aienhanced aiupscaled reencoded reenc microsized stv dvdextras \
         2in1 tvseries tvminiseries workprint bonus samplefix proofix prooffix syncfix dubfix subfix nfo read hfr mhdtv",
        Tag::Idle,
        Firm,
    ),
    (
        "amzn dsnp hmax atvp pcok pmtp nflx aptv cbbc itunes itvx skst hbomax bglobal bilibili crunchyroll rkn iplayer vudu vrv",
        Tag::Idle,
        Firm,
    ),
    (
        "nf netflix amazon hulu disney dsny cr max ma it ip stan crav hbo red adn wakanim funi hidive sho starz strp tving \
         viki viu zee5 hotstar jhs nick cc pbs nbc cbs abc fox fx cw amc all4 my5 tver unext abema baha bbc cbc itv rte vrt npo svt nrk yle gplay googleplay movistar \
         filmin rtve blutv exxen tabii puhutv sonyliv mubi shudder tubi roku kanopy viaplay drtv",
        Tag::Idle,
        Weak,
    ),
    (
        "obfuscated scrambled repost postbot unedited nuked psp ipod nordic psvita v2 v3 v4 dm rc om docu stereo mono surround dolby org fs se ov aio dnr ai aiupscale cee gbr eur m4v xxx doku dokumentation ld md dlmux rip raw raws audio audios tv ova oav ona oad documentary miniseries extras bonusfeatures uncompressed hardsubless \
 lossless vfr cfr crf disc mkv mp4 avi wmv pack ma hra hr cleanaudio cleanaud hqcleanaud lineaudio orgaud orgauds \
 hires originalaudio truewebdl",
        Tag::Idle,
        Weak,
    ),
    ("real line int doc true fix fixed clean untouched proof", Tag::Idle, Firm),
    (
        "eztv eztvx rarbg rartv ettv tgx ethd rargb torrentgalaxy publichd glodls megusta galaxyrg galaxytv demonoid etrg",
        Tag::Idle,
        Firm,
    ),
];

/// What a word says and how surely it is none of the title's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) tag: Tag,
    pub(super) strength: Strength,
}

static BY_WORD: LazyLock<HashMap<&'static str, Word>> = LazyLock::new(|| {
    let qualities = WORDS.iter().copied();
    let words = qualities.chain(super::tongues::words());
    words
        .flat_map(|(all, tag, strength)| {
            all.split_whitespace().map(move |word| (word, Word { tag, strength }))
        })
        .collect()
});

/// What a word says: lower case, without blanks, dots and hyphens inside.
pub(super) fn find(word: &str) -> Option<Word> {
    let edition = || Some(Word { tag: Tag::Edition(editions::find(word)?), strength: Firm });
    BY_WORD.get(word).copied().or_else(|| compounds::processed(word)).or_else(edition)
}

/// Words that titles hold as often: they count only in capitals, in a name that has other letters too.
const COMMON: [&str; 10] =
    ["real", "line", "int", "doc", "true", "fix", "fixed", "clean", "untouched", "proof"];

/// Whether a word says something about quality only where it stands in capitals.
pub(super) fn is_common(word: &str) -> bool {
    COMMON.contains(&word)
}
