//! Which servers like this one a question has passed: addons ask addons, and two that name each other would ask in
//! circles.

use std::sync::Arc;

/// The header that tells it (RFC 9110, 7.6.3).
pub const VIA: &str = "via";

/// How the pseudonyms of servers like this one begin, so that proxies in between are not counted.
const PREFIX: &str = "headwater-";

/// More servers in a row than this are a circle that somebody in it does not notice, or are of no use.
const MOST: usize = 3;

/// The servers that a question has passed, the first one first. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Hops(Arc<[String]>);

impl Hops {
    /// Reads the values of the `Via` headers of a request.
    pub fn read<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let names = values.flat_map(|value| value.split(',')).filter_map(|entry| {
            let name = entry.split_whitespace().nth(1)?;
            name.strip_prefix(PREFIX).map(str::to_owned)
        });
        Self(names.collect())
    }

    /// The same after one more server, by its own random name of letters and digits.
    pub fn through(&self, instance: &str) -> Self {
        Self(self.0.iter().map(String::as_str).chain([instance]).map(str::to_owned).collect())
    }

    /// Whether the server of this name should not look any further: the question has been here, or has come too far.
    pub fn ends_at(&self, instance: &str) -> bool {
        self.0.len() > MOST || self.0.iter().any(|name| name == instance)
    }

    /// The value of the `Via` header for the next server; `None` if there is nothing to tell.
    pub fn via(&self) -> Option<String> {
        let entries: Vec<String> = self.0.iter().map(|name| format!("1.1 {PREFIX}{name}")).collect();
        (!entries.is_empty()).then(|| entries.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_recognised_where_it_has_been() {
        let first = Hops::default().through("a1");
        assert!(!Hops::default().ends_at("a1"));
        let arrived = Hops::read([first.via().unwrap().as_str()].into_iter());
        assert_eq!(arrived, first);
        assert!(arrived.ends_at("a1"));
        assert!(!arrived.ends_at("b2"));
        let back = arrived.through("b2");
        assert_eq!(back.via().unwrap(), "1.1 headwater-a1, 1.1 headwater-b2");
        assert!(Hops::read([back.via().unwrap().as_str()].into_iter()).ends_at("a1"));
    }

    #[test]
    fn proxies_do_not_count_and_the_fourth_server_is_the_last() {
        let values = ["1.1 cache.example (squid)", "HTTP/1.1 headwater-x, 2 edge", "nonsense", ""];
        assert_eq!(Hops::read(values.into_iter()), Hops::default().through("x"));
        let three = Hops::default().through("a").through("b").through("c");
        assert!(!three.ends_at("d"));
        assert!(three.through("d").ends_at("e"));
        assert_eq!(Hops::default().via(), None);
    }
}
