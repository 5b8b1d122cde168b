//! What another addon says it can be asked.

use serde_json::Value;

/// The part of a manifest that matters to whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::discovery) struct Manifest {
    /// Its name, with its version where it tells one.
    pub(in crate::discovery) title: String,
    resources: Vec<Resource>,
}

/// One thing it can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Resource {
    name: String,
    /// Content types; `None` means all.
    kinds: Option<Vec<String>>,
    /// How ids begin; `None` means any way.
    prefixes: Option<Vec<String>>,
}

impl Manifest {
    /// Reads a manifest; `None` if this is none. Whatever an addon may leave out is left out here too.
    pub(in crate::discovery) fn read(value: &Value) -> Option<Self> {
        let resources = value.get("resources")?.as_array()?;
        let name = value.get("name").or(value.get("id"))?.as_str()?.trim();
        let title = match value.get("version").and_then(Value::as_str) {
            Some(version) => format!("{name} {version}"),
            None => name.to_owned(),
        };
        let resources = resources.iter().filter_map(|resource| Resource::read(resource, value)).collect();
        Some(Self { title, resources })
    }

    /// Whether it answers questions for `resource` about this id. As in Stremio itself the first entry of a name
    /// counts.
    pub(in crate::discovery) fn serves(&self, resource: &str, kind: &str, id: &str) -> bool {
        self.resources.iter().find(|one| one.name == resource).is_some_and(|one| {
            let knows_kind = one.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|known| known == kind));
            let knows_id = |known: &Vec<String>| known.iter().any(|prefix| id.starts_with(prefix));
            knows_kind && one.prefixes.as_ref().is_none_or(knows_id)
        })
    }

    /// The content types under which it answers questions for `resource`, in its own order.
    pub(in crate::discovery) fn kinds(&self, resource: &str) -> &[String] {
        let found = self.resources.iter().find(|one| one.name == resource);
        found.and_then(|one| one.kinds.as_deref()).unwrap_or_default()
    }
}

impl Resource {
    /// A bare name has the types and prefixes of the whole addon; an object has its own. One that names no types is
    /// asked for those of the addon, which costs an empty answer at worst.
    fn read(value: &Value, manifest: &Value) -> Option<Self> {
        let kinds = texts(manifest.get("types"));
        Some(match value {
            Value::String(name) => {
                Self { name: name.clone(), kinds, prefixes: texts(manifest.get("idPrefixes")) }
            }
            Value::Object(own) => Self {
                name: own.get("name")?.as_str()?.to_owned(),
                kinds: texts(own.get("types")).or(kinds),
                prefixes: texts(own.get("idPrefixes")),
            },
            _ => return None,
        })
    }
}

/// A list that says nothing restricts nothing.
fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    let list: Vec<String> = value?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Manifest {
        Manifest::read(value).unwrap()
    }

    #[test]
    fn a_bare_name_has_the_types_and_prefixes_of_the_addon() {
        let manifest = read(&json!({
            "name": "One", "version": "1.2.3", "types": ["movie"], "idPrefixes": ["tt"], "resources": ["stream"]
        }));
        assert_eq!(manifest.title, "One 1.2.3");
        assert!(manifest.serves("stream", "movie", "tt1"));
        assert!(!manifest.serves("stream", "series", "tt1:1:1"));
        assert!(!manifest.serves("stream", "movie", "kitsu:1"));
        assert!(!manifest.serves("meta", "movie", "tt1"));
    }

    #[test]
    fn an_object_has_its_own_and_the_first_of_a_name_counts() {
        let manifest = read(&json!({
            "id": "two", "types": ["movie"], "idPrefixes": ["tt"],
            "resources": [
                { "name": "stream", "types": ["anime", "series"] },
                { "name": "meta", "idPrefixes": ["kitsu:"] },
                { "name": "stream", "types": ["movie"] },
                7
            ]
        }));
        assert_eq!(manifest.title, "two");
        assert!(manifest.serves("stream", "anime", "kitsu:1:2"));
        assert!(!manifest.serves("stream", "movie", "tt1"));
        assert!(manifest.serves("meta", "movie", "kitsu:1"));
        assert!(!manifest.serves("meta", "movie", "tt1"));
        assert_eq!(manifest.kinds("stream"), ["anime", "series"]);
    }

    #[test]
    fn something_else_is_no_manifest() {
        for value in [json!(null), json!([]), json!({ "name": "x" }), json!({ "resources": [] })] {
            assert_eq!(Manifest::read(&value), None, "{value}");
        }
    }
}
