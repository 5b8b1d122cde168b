//! Wrong files: what some faults serve in place of the right one, as files for nginx.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use super::fault::Fault;
use crate::support::process::run;

/// The place of the file that `fault` serves instead of the one at `place`, made when first wanted.
///
/// # Errors
/// If it cannot be written.
pub(super) fn of(root: &Path, place: &str, fault: Option<&Fault>) -> io::Result<String> {
    let name = |what: &str| match place.rsplit_once('.') {
        Some((stem, kind)) => format!("{stem}.{what}.{kind}"),
        None => format!("{place}.{what}"),
    };
    match fault {
        Some(Fault::WrongTotal { length }) => made(root, name(&format!("length-{length}")), || {
            let right = fs::read(root.join(place))?;
            let length = usize::try_from(*length).map_err(io::Error::other)?;
            Ok(right.into_iter().cycle().take(length).collect())
        }),
        Some(Fault::WrongBytes) => made(root, name("wrong"), || {
            let mut bytes = fs::read(root.join(place))?;
            bytes.iter_mut().skip(1000).step_by(4096).for_each(|byte| *byte = !*byte);
            Ok(bytes)
        }),
        Some(Fault::ErrorClip) => made(root, "files/error-clip.mp4".to_owned(), || Ok(error_clip().to_vec())),
        _ => Ok(place.to_owned()),
    }
}

fn made(root: &Path, place: String, bytes: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<String> {
    if !root.join(&place).exists() {
        fs::write(root.join(&place), bytes()?)?;
    }
    Ok(place)
}

/// One second of grey, as MP4.
pub(super) fn error_clip() -> &'static [u8] {
    static CLIP: OnceLock<Vec<u8>> = OnceLock::new();
    CLIP.get_or_init(|| {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        let out = folder.path().join("clip.mp4");
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=gray:size=64x36:duration=1"]);
        let finished = run(
            "ffmpeg",
            {
                command.args(["-c:v", "mpeg4"]).arg(&out);
                command
            },
            Duration::from_secs(60),
        );
        fs::read(&out).unwrap_or_else(|error| panic!("{error}: {}", finished.story()))
    })
}
