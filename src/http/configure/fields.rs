//! The fields of a posted form.

use url::form_urlencoded;

/// The fields in the order in which the page shows them. That order is the order of the rows, so that moving a row
/// on the page is all it takes.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pairs: Vec<(String, String)>,
}

impl Fields {
    /// Reads a body of the type `application/x-www-form-urlencoded`. There is no body that cannot be read.
    pub(super) fn read(body: &[u8]) -> Self {
        Self { pairs: form_urlencoded::parse(body).into_owned().collect() }
    }

    /// The first field of this name, without space around it; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// Every field of this name, without space around.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.pairs.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// The same, as far as it can be read as `T`; each once.
    pub(super) fn chosen<T: PartialEq>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let mut chosen = Vec::new();
        for value in self.all(name).filter_map(read) {
            if !chosen.contains(&value) {
                chosen.push(value);
            }
        }
        chosen
    }

    /// Whether a box of this name is ticked.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// The keys of the rows of a list, in their order. The fields of a row are called `list-key-field`.
    pub(super) fn rows(&self, list: &str) -> Vec<&str> {
        let mut keys = Vec::new();
        for (name, _) in &self.pairs {
            let rest = name.strip_prefix(list).and_then(|rest| rest.strip_prefix('-'));
            let key = rest.and_then(|rest| rest.split_once('-')).map(|(key, _)| key);
            if let Some(key) = key.filter(|key| !keys.contains(key)) {
                keys.push(key);
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_of_the_page_whatever_their_keys_are() {
        let fields =
            Fields::read(b"service-9-kind=a&service-9-token=x&name=n&service-2-kind=b&serviced-1-kind=c");
        assert_eq!(fields.rows("service"), ["9", "2"]);
        assert_eq!(fields.text("service-2-kind"), "b");
    }

    #[test]
    fn what_is_missing_is_empty_and_what_cannot_be_read_is_left_out() {
        let fields = Fields::read(b"n=1&n=x&n=2&n=1&text=%20a%20b%20&bad=%ff");
        assert_eq!(fields.chosen("n", |text| text.parse::<u8>().ok()), [1, 2]);
        assert_eq!((fields.text("text"), fields.text("none")), ("a b", ""));
        assert!(fields.is_on("bad") && !fields.is_on("none"));
    }
}
