//! Everything about picture and sound.

use super::super::{Audio, Channels, Codec, Hdr, Medium, Release};

#[test]
fn resolutions_are_written_in_many_ways() {
    for (name, lines) in [
        ("Cove 2003 480p", Some(480)),
        ("Cove 2003 576i DVDRip", Some(576)),
        ("Cove 2003 720P", Some(720)),
        ("Cove 2003 1080i HDTV", Some(1080)),
        ("Cove 2003 4K HDR", Some(2160)),
        ("Cove 2003 UHD BluRay", Some(2160)),
        ("Cove 2003 UHD BluRay 1080p", Some(1080)),
        ("Cove 2003 FullHD", Some(1080)),
        ("Cove 2003 Full HD", Some(1080)),
        ("Cove 2003 [1080p]", Some(1080)),
        ("Cove 2003 [720p-1080p]", Some(1080)),
        ("Cove 2003 1920x800", Some(1080)),
        ("Cove 2003 1280x544", Some(720)),
        ("Cove 2003 3840x1600", Some(2160)),
        ("Cove 2003 848x480", Some(480)),
        ("Cove 2003 8K", Some(4320)),
        ("Cove 2003 TC1080P", Some(1080)),
        ("Cove 2003 webrip1080p", Some(1080)),
        ("Cove 2003 1440p", Some(1440)),
        ("Cove 2003 BluRay 1080 x264", Some(1080)),
        ("Cove 2003 1080 i HDTV", Some(1080)),
        ("Cove S01E02 1080", Some(1080)),
        ("Cove 2003 720", Some(720)),
        ("Cove 2 720", None),
        ("Cove 720", None),
        ("Cove 2003 1080p60", Some(1080)),
        ("Cove 2003 1080p24", Some(1080)),
        ("Cove 2003 1080i50 HDTV", Some(1080)),
        ("Cove 2003 1280*720", Some(720)),
        ("Cove 2003 1920×1080 x264", Some(1080)),
        ("Cove.2003.1280×720p.WEB", Some(720)),
        ("Cove 2003 (1920 x 1080)", Some(1080)),
        ("Cove 2003 (1280х720)", Some(720)),
        ("Cove 1000 x 5", None),
        ("Cove 2003 1080 x 264", Some(1080)),
        ("Cove (2003) [1080P.BLURAY] [720p] [BluRay]", Some(720)),
        ("Cove (2003) [BDRip 2160p] [1080p]", Some(1080)),
        ("Cove (2003) [1080p] [720p]", Some(1080)),
        ("Cove 2003 720hd", Some(720)),
        ("Cove 2003 HD 720", Some(720)),
        ("Cove 2003 hd1080", Some(1080)),
        ("Cove.2003.10bit.m1080p.BRRip", Some(1080)),
        ("Cove2BD1080.www.example.com.mkv", Some(1080)),
        ("CoveM720.www.example.com.mkv", Some(720)),
        ("Cove (2003) BRRip 10800p", Some(1080)),
        ("Cove (2003) BRRip 7200p", Some(720)),
        ("Cove.2003.05.18.720.HDTV.x264", Some(720)),
        ("Cove.2003.1080p.BluRay.4K.RESTORED.x264", Some(1080)),
        ("Cove 2003 4k to 1080p WEBrip", Some(1080)),
        ("Cove 2003 4K UHD", Some(2160)),
        ("Cove 2003 4KLight", Some(2160)),
        ("Umi [05][1080P10][WebRip]", Some(1080)),
        ("Cove 1080pWEB-DL", Some(1080)),
        ("Cove.10bit1080p", Some(1080)),
        ("Cove [1080]", Some(1080)),
        ("Cove.S01E02.720.HDTV", Some(720)),
        ("Cove.S01E02.480.HDTV", Some(480)),
        ("Cove.S07.UHD.BLURAY.REMUX.DV", Some(2160)),
        ("Umi 720 [BD]", None),
        ("Cove 2003 HD", None),
        ("Cove 2003 DVDRip", None),
        ("1080 Coves 2003 DVDRip", None),
    ] {
        assert_eq!(Release::parse(name).resolution.map(|lines| lines.lines()), lines, "{name}");
    }
    let half = Release::parse("Cove 2003 1080i HDTV");
    assert!(half.interlaced);
    assert_eq!(Release::parse("Cove (BDRip 1896x1048p x265)").dimensions, Some((1896, 1048)));
}

#[test]
fn resolutions_touch_other_words_or_stand_apart() {
    for (name, lines) in [
        ("Cove 2003 720 p BluRay", Some(720)),
        ("Cove 2003 1080р", Some(1080)),
        ("Cove 2003 1080p29.97", Some(1080)),
        ("Cove 2003 2160p120", Some(2160)),
        ("Cove 2003 816p", Some(1080)),
        ("Cove 2003 406p", Some(480)),
        ("Cove 2003 640x360", Some(360)),
        ("Cove 2003 720x304", Some(480)),
        ("Cove 2003 1280x960", Some(1080)),
        ("Cove 2003 7680x4320", Some(4320)),
        ("Cove 2003 BD1280x720", Some(720)),
        ("Cove 2003 HD640x480", Some(480)),
        ("Cove 2003 4K60", Some(2160)),
        ("[Kelp] Cove - 02 (BD 720)", Some(720)),
        ("[Kelp] Cove - 02 (720.Hi10P)", Some(720)),
        ("[Kelp] Cove (720)", None),
    ] {
        assert_eq!(Release::parse(name).resolution.map(|lines| lines.lines()), lines, "{name}");
    }
}

#[test]
fn media_are_told_apart() {
    for (name, medium) in [
        ("Cove 2003 CAM", Medium::Cam),
        ("Cove.2003.HDCAM.x264", Medium::Cam),
        ("Cove 2003 HDTS 720p", Medium::Telesync),
        ("Cove 2003 HD-TS 720p", Medium::Telesync),
        ("Cove.2003.TS.x264", Medium::Telesync),
        ("Cove 2003 PreDVD 720p", Medium::Telesync),
        ("Cove 2003 HDTC", Medium::Telecine),
        ("Cove 2003 DVDSCR", Medium::Screener),
        ("Cove 1985 VHSRip", Medium::Vhs),
        ("Cove S01E01 PDTV", Medium::SdTv),
        ("Cove S01E01 HDTV 720p", Medium::HdTv),
        ("Cove 2003 DVDRip", Medium::DvdRip),
        ("Cove 2003 DVD9 PAL", Medium::Dvd),
        ("Cove 2003 HD-DVD", Medium::HdDvd),
        ("Cove 2003 WEBRip 1080p", Medium::WebRip),
        ("Cove 2003 WEB-DLRip", Medium::WebRip),
        ("Cove 2003 WEB-DL 1080p", Medium::WebDl),
        ("Cove 2003 WEB DL 1080p", Medium::WebDl),
        ("Cove 2003 1080p WEB h264", Medium::WebDl),
        ("Cove 2003 BRRip", Medium::BrRip),
        ("Cove 2003 BDRip", Medium::BluRay),
        ("Cove 2003 Blu-ray 1080p", Medium::BluRay),
        ("Cove 2003 Blu Ray 1080p", Medium::BluRay),
        ("Cove (BD 1080p)", Medium::BluRay),
        ("Cove 2003 BluRay REMUX 1080p", Medium::Remux),
        ("Cove 2003 BDRemux 1080p", Medium::Remux),
    ] {
        assert_eq!(Release::parse(name).medium, Some(medium), "{name}");
    }
    assert_eq!(Release::parse("The Camera Web (2003)").medium, None);
}

#[test]
fn codecs_depths_and_ranges_are_read() {
    for (name, codec) in [
        ("Cove 2003 x264", Codec::Avc),
        ("Cove 2003 H.264", Codec::Avc),
        ("Cove 2003 H 264", Codec::Avc),
        ("Cove 2003 AVC 1080p", Codec::Avc),
        ("Cove 2003 x265", Codec::Hevc),
        ("Cove 2003 H.265", Codec::Hevc),
        ("Cove 2003 HEVC", Codec::Hevc),
        ("Cove 2003 XviD", Codec::Xvid),
        ("Cove 2003 DivX", Codec::Xvid),
        ("Cove 2003 AV1", Codec::Av1),
        ("Cove 2003 VP9", Codec::Vp9),
        ("Cove 2003 MPEG-2", Codec::Mpeg2),
        ("Cove 2003 VC-1", Codec::Vc1),
    ] {
        assert_eq!(Release::parse(name).codec, Some(codec), "{name}");
    }
    for (name, bits) in
        [("10bit", 10), ("10-bit", 10), ("10 bit", 10), ("Hi10P", 10), ("8bit", 8), ("12bit", 12)]
    {
        assert_eq!(Release::parse(&format!("Cove 2003 {name} x265")).bit_depth, Some(bits), "{name}");
    }
    for (name, ranges) in [
        ("Cove 2003 2160p HDR", &[Hdr::Hdr10][..]),
        ("Cove 2003 2160p HDR10", &[Hdr::Hdr10]),
        ("Cove 2003 2160p HDR10+", &[Hdr::Hdr10Plus]),
        ("Cove 2003 2160p HDR10Plus", &[Hdr::Hdr10Plus]),
        ("Cove 2003 2160p DV HDR", &[Hdr::DolbyVision, Hdr::Hdr10]),
        ("Cove 2003 2160p DoVi", &[Hdr::DolbyVision]),
        ("Cove 2003 2160p Dolby Vision HDR10", &[Hdr::DolbyVision, Hdr::Hdr10]),
        ("Cove 2003 2160p HLG", &[Hdr::Hlg]),
        ("Cove 2003 2160p SDR", &[Hdr::Sdr]),
        ("Cove 2003 1080p", &[]),
    ] {
        assert_eq!(Release::parse(name).hdr, ranges, "{name}");
    }
}

#[test]
fn sound_is_read_with_its_channels() {
    for (name, audio, channels) in [
        ("Cove 2003 AAC2.0", &[Audio::Aac][..], Some((2, 0))),
        ("Cove 2003 AAC 5.1", &[Audio::Aac], Some((5, 1))),
        ("Cove 2003 DD5.1", &[Audio::Ac3], Some((5, 1))),
        ("Cove 2003 DDP5.1", &[Audio::Eac3], Some((5, 1))),
        ("Cove 2003 DDP5 1 H 264", &[Audio::Eac3], Some((5, 1))),
        ("Cove 2003 1080p DD+5.1", &[Audio::Eac3], Some((5, 1))),
        ("Cove 2003 DDP5.1 Atmos", &[Audio::Eac3, Audio::Atmos], Some((5, 1))),
        ("Cove 2003 AC3", &[Audio::Ac3], None),
        ("Cove 2003 E-AC-3 5.1", &[Audio::Eac3], Some((5, 1))),
        ("Cove 2003 DTS", &[Audio::Dts], None),
        ("Cove 2003 DTS-HD MA 7.1", &[Audio::DtsHd], Some((7, 1))),
        ("Cove 2003 DTS-HD.MA.5.1", &[Audio::DtsHd], Some((5, 1))),
        ("Cove 2003 DTS-X", &[Audio::DtsX], None),
        ("Cove 2003 TrueHD 7.1 Atmos", &[Audio::TrueHd, Audio::Atmos], Some((7, 1))),
        ("Cove 2003 FLAC 2.0", &[Audio::Flac], Some((2, 0))),
        ("Cove 2003 LPCM", &[Audio::Pcm], None),
        ("Cove 2003 MP3", &[Audio::Mp3], None),
        ("Cove 2003 Opus 5.1 1080p", &[Audio::Opus], Some((5, 1))),
        ("Cove 2003 6CH x265", &[], Some((5, 1))),
        ("Cove 2003 5.1 x265", &[], Some((5, 1))),
    ] {
        let release = Release::parse(name);
        assert_eq!(
            (release.audio.as_slice(), release.channels),
            (audio, channels.map(|(a, b)| Channels(a, b))),
            "{name}"
        );
    }
}

#[test]
fn editions_and_corrections_are_read() {
    for (name, edition) in [
        ("Cove.2003.Directors.Cut.1080p", "Director's Cut"),
        ("Cove 2003 Director's Cut 1080p", "Director's Cut"),
        ("Cove.2003.EXTENDED.1080p", "Extended"),
        ("Cove.2003.Extended.Edition.1080p", "Extended"),
        ("Cove.2003.IMAX.1080p", "IMAX"),
        ("Cove.2003.UNRATED.1080p", "Unrated"),
        ("Cove [Uncut] 1080p", "Uncut"),
        ("Cove 2003 Remastered 1080p", "Remastered"),
        ("Cove 2003 Open Matte 1080p", "Open Matte"),
        ("Cove 2003 Criterion Collection 1080p", "Criterion"),
        ("Cove.2003.Director.Cut.1080p", "Director's Cut"),
        ("Cove Ultimate Fan Collection", "Ultimate Edition"),
        ("Cove (Alternative Extended Version) 2003", "Alternative"),
        ("Cove.2003.Version.Longue.1080p", "Extended"),
        ("Cove.2003.Theatrical.Cut.1080p", "Theatrical"),
        ("Cove 2012 50th Anniversary Edition.mkv", "Anniversary Edition"),
    ] {
        assert_eq!(Release::parse(name).edition.as_deref(), Some(edition), "{name}");
    }
    assert!(Release::parse("Cove.S01E01.PROPER.720p.HDTV").proper);
    assert!(Release::parse("Cove.S01E01.REPACK.720p.HDTV").repack);
    assert!(Release::parse("Cove 2003 3D H-SBS 1080p").three_d);
    assert!(Release::parse("Cove.2003.MULTi.1080p").multi_audio);
    assert!(Release::parse("Cove 2003 Dual Audio 1080p").multi_audio);
    assert!(Release::parse("Cove 2003 Hindi Dubbed 720p").dubbed);
    assert!(Release::parse("Cove 2003 720p HC HDRip").hard_subbed);
    let plain = Release::parse("Cove.2003.1080p.BluRay.x264-KELP.mkv");
    assert!(!plain.proper && !plain.repack && !plain.three_d && !plain.multi_audio && !plain.dubbed);
    assert_eq!(plain.container.as_deref(), Some("mkv"));
}

#[test]
fn sizes_are_bytes() {
    for (name, size) in [
        ("Cove 2003 720p 800MB", Some(800 << 20)),
        ("Cove 2003 720p 1.5GB", Some(3 << 29)),
        ("Cove 2003 720p [2.5 GB]", Some(5 << 29)),
        ("Cove 2003 720p (192Kbps)", None),
        ("Cove 2003 720p", None),
    ] {
        assert_eq!(Release::parse(name).size, size, "{name}");
    }
}

#[test]
fn sizes_and_half_frames_are_kept_as_they_are_written() {
    for (name, dimensions, interlaced) in [
        ("Cove 2003 1436x1080p", Some((1436, 1080)), false),
        ("Cove 2003 (720x480p)", Some((720, 480)), false),
        ("Cove 2003 1920x1080", Some((1920, 1080)), false),
        ("Cove 2003 1920x1080i", None, true),
        ("Cove 2003 1080i59", None, true),
        ("Cove 2003 1080 i", None, true),
        ("Cove 2003 m1080p", None, false),
    ] {
        let release = Release::parse(name);
        assert_eq!((release.dimensions, release.interlaced), (dimensions, interlaced), "{name}");
    }
}
