//! .torrent files as parts of a form (`multipart/form-data`, RFC 7578).

use bytes::Bytes;
use reqwest::multipart::{Form, Part};

/// `form` with a .torrent file in the field `name`. Services know it by its contents; its own name is not told.
pub(super) fn with_torrent(form: Form, name: &'static str, torrent: &Bytes) -> Form {
    form.part(name, Part::stream(torrent.clone()).file_name("content.torrent"))
}
