//! What names say. Pure.

/// Placeholder until merge.
pub fn is_video(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(".mkv") || name.to_ascii_lowercase().ends_with(".mp4")
}

/// Placeholder until merge.
pub fn choose(_files: &[crate::domain::FileEntry], _choice: crate::domain::FileChoice) -> Result<crate::domain::FileIndex, ()> {
    Err(())
}
