//! Writing Torznab: elements, capabilities, feeds and errors, as the .NET programs and Go write them.

use std::fmt::Write as _;

use super::tracker::{Caps, Listed};
use crate::support::debrid::Reply;

/// An element of XML.
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), text: String::new(), children: Vec::new() }
    }

    pub(super) fn attribute(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.attributes.push((name, value.to_string()));
        self
    }

    pub(super) fn text(mut self, text: &impl ToString) -> Self {
        self.text = text.to_string();
        self
    }

    pub(super) fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    pub(super) fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// `<torznab:attr name="…" value="…"/>`.
    pub(super) fn attr(self, name: &str, value: &impl ToString) -> Self {
        self.child(Self::new("torznab:attr").attribute("name", &name).attribute("value", value))
    }

    /// The document, with its declaration.
    pub(super) fn document(&self) -> Vec<u8> {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut out, 0);
        out.into_bytes()
    }

    fn write(&self, out: &mut String, depth: usize) {
        let _ = write!(out, "{}<{}", "  ".repeat(depth), self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=\"{}\"", escaped(value));
        }
        if self.text.is_empty() && self.children.is_empty() {
            out.push_str(" />\n");
            return;
        }
        let _ = write!(out, ">{}", escaped(&self.text));
        if !self.children.is_empty() {
            out.push('\n');
            self.children.iter().for_each(|child| child.write(out, depth + 1));
            out.push_str(&"  ".repeat(depth));
        }
        let _ = writeln!(out, "</{}>", self.name);
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An element with nothing but text.
pub(super) fn leaf(name: &'static str, text: &impl ToString) -> Element {
    Element::new(name).text(text)
}

/// An answer of XML.
pub(super) fn xml(status: u16, kind: &str, element: &Element) -> Reply {
    Reply::typed(status, kind, element.document())
}

/// `<error code="…" description="…"/>`; Bitmagnet names the first attribute otherwise.
pub(super) fn error(attribute: &'static str, code: u32, description: &str) -> Element {
    Element::new("error").attribute(attribute, &code).attribute("description", &description)
}

/// `<caps>`, as [`Caps`] says.
pub(super) fn caps(title: &str, caps: &Caps) -> Element {
    let kinds = [("search", "search"), ("tv-search", "tvsearch"), ("movie-search", "movie")];
    let searching = kinds.map(|(element, function)| {
        let parameters = caps.parameters(function);
        Element::new(element)
            .attribute("available", &if parameters.is_some() { "yes" } else { "no" })
            .attribute("supportedParams", &parameters.unwrap_or(&["q"]).join(","))
    });
    let others = ["music-search", "audio-search", "book-search"].map(|element| {
        Element::new(element).attribute("available", &"no").attribute("supportedParams", &"q")
    });
    let limits = Element::new("limits").attribute("default", &caps.limit).attribute("max", &caps.limit);
    Element::new("caps")
        .child(Element::new("server").attribute("title", &title))
        .child(limits)
        .child(Element::new("searching").children(searching).children(others))
        .child(Element::new("categories").children([family(2000, "Movies"), family(5000, "TV")]))
}

fn family(id: u32, name: &'static str) -> Element {
    let subcat = |offset: u32, kind: &str| {
        Element::new("subcat").attribute("id", &(id + offset)).attribute("name", &format!("{name}/{kind}"))
    };
    let category = Element::new("category").attribute("id", &id).attribute("name", &name);
    category.children([subcat(30, "SD"), subcat(40, "HD"), subcat(45, "UHD")])
}

/// `<rss>` around a channel.
pub(super) fn feed(version: &str, channel: Element) -> Element {
    Element::new("rss")
        .attribute("version", &version)
        .attribute("xmlns:atom", &"http://www.w3.org/2005/Atom")
        .attribute("xmlns:torznab", &"http://torznab.com/schemas/2015/feed")
        .child(channel)
}

/// `<enclosure>`.
pub(super) fn enclosure(url: &str, listed: &Listed, kind: &str) -> Element {
    Element::new("enclosure")
        .attribute("url", &url)
        .attribute("length", &listed.size)
        .attribute("type", &kind)
}
