//! What broadcasts consist of.

use crate::support::media;

/// Forty seconds of each kind. Key frames come every two seconds where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Film {
    /// H.264 with B-frames and MP2.
    H264Mp2,
    /// H.264 with B-frames and AAC.
    H264Aac,
    /// H.264 and AAC in LATM, as DVB has it.
    Latm,
    /// Another picture of another size, with the same codecs.
    Other,
    /// HEVC with open picture groups, and AC-3.
    HevcAc3,
    /// Interlaced H.264 and AAC.
    Interlaced,
    /// H.264 in which only the first picture resets the decoder.
    OpenGop,
    /// H.264 that is renewed column by column, without one whole picture but the first.
    IntraRefresh,
    /// MPEG-2 video and MP2, a group of 15 pictures.
    Mpeg2,
    /// AAC and no picture.
    Radio,
    /// H.264 and MP2 whose clock wraps in the middle.
    Wrapping,
    /// H.264 and MP2 at a constant rate, filled up with null packets, as on the air.
    Constant,
    /// H.264 and MP2 at a constant rate, filled up within the pictures: packets of fillers look all alike.
    Filled,
}

/// All that have a picture, except what is there as a second one.
pub(super) const PICTURES: [Film; 11] = [
    Film::H264Mp2,
    Film::H264Aac,
    Film::Latm,
    Film::HevcAc3,
    Film::Interlaced,
    Film::OpenGop,
    Film::IntraRefresh,
    Film::Mpeg2,
    Film::Wrapping,
    Film::Constant,
    Film::Filled,
];

impl Film {
    /// Pictures in a second.
    pub(super) const RATE: u64 = 25;

    /// Its packets.
    pub(super) fn bytes(self) -> Vec<u8> {
        let picture = match self {
            Self::Radio => None,
            Self::Other => Some("mandelbrot=size=480x270:rate=25"),
            _ => Some("testsrc2=size=320x180:rate=25"),
        };
        let mut recipe = Vec::new();
        if let Some(picture) = picture {
            recipe.extend(["-f", "lavfi", "-i", picture]);
        }
        recipe.extend(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "40"]);
        recipe.extend(self.codecs());
        media::transport_stream(&format!("transport-{self:?}-1"), &recipe)
    }

    /// What a decoder says to whoever begins anywhere but at the first picture, as the encoder has planned it.
    pub(super) fn of_the_encoder(self) -> &'static [&'static str] {
        match self {
            // The first picture of an open group lets go of one from the group before.
            Self::OpenGop => &["mmco: unref short failure"],
            // There is no whole picture, so that the first ones refer to nothing.
            Self::IntraRefresh => &["Missing reference picture", "decode_slice_header error"],
            _ => &[],
        }
    }

    fn codecs(self) -> Vec<&'static str> {
        let x264 = ["-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-c:a"];
        match self {
            Self::H264Mp2 | Self::Other => [&x264[..], &["mp2"]].concat(),
            Self::H264Aac => [&x264[..], &["aac"]].concat(),
            Self::Latm => [&x264[..], &["aac", "-mpegts_flags", "latm"]].concat(),
            Self::Filled => {
                let rate = ["-b:v", "2M", "-minrate", "2M", "-maxrate", "2M", "-bufsize", "1M"];
                [&x264[..], &["mp2", "-x264-params", "nal-hrd=cbr:filler=1"], &rate].concat()
            }
            Self::Interlaced => {
                let fields = ["-vf", "fps=50,tinterlace=interleave_top", "-flags", "+ilme+ildct"];
                [&fields[..], &x264, &["aac", "-x264-params", "tff=1"]].concat()
            }
            Self::OpenGop => {
                [&x264[..], &["aac", "-x264-params", "open-gop=1:keyint=50:min-keyint=50:bframes=3"]].concat()
            }
            Self::IntraRefresh => {
                [&x264[..], &["aac", "-x264-params", "intra-refresh=1:keyint=50:bframes=0"]].concat()
            }
            Self::Wrapping => [&x264[..], &["mp2", "-output_ts_offset", "95423"]].concat(),
            Self::Constant => {
                let rate = ["-b:v", "1500k", "-maxrate", "1500k", "-bufsize", "1500k", "-muxrate", "2500k"];
                [&x264[..], &["mp2"], &rate].concat()
            }
            Self::HevcAc3 => {
                vec![
                    "-c:v",
                    "libx265",
                    "-preset",
                    "ultrafast",
                    "-x265-params",
                    "log-level=none:keyint=50",
                    "-c:a",
                    "ac3",
                ]
            }
            Self::Mpeg2 => vec!["-c:v", "mpeg2video", "-b:v", "2M", "-g", "15", "-bf", "2", "-c:a", "mp2"],
            Self::Radio => vec!["-c:a", "aac"],
        }
    }
}
