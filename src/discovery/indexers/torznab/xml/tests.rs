use proptest::prelude::*;

use super::*;

const HEX: &str = "dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c";

/// A document with all that servers of this kind write.
const RESULTS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE rss [<!ENTITY x "y">]>
<rss version="2.0" xmlns:torznab="http://torznab.com/schemas/2015/feed">
 <channel><title>Site &amp; sons</title><!-- nothing --><newznab:response offset="0" total="1,024"/>
  <item><media:thing><title>Not this</title></media:thing></item>
  <item>
   <title><![CDATA[Big Buck Bunny & friends]]> 2008 &lt;1080p&gt;</title>
   <guid isPermaLink="false">https://site.example/1</guid>
   <jackettindexer id="one">One</jackettindexer><type>public</type>
   <pubDate>Wed, 02 Oct 2024 13:00:00 +0200</pubDate><size>276,445,467</size>
   <description>Some <b>bold</b> &nbsp; words</description>
   <link>http://host/dl/one/?apikey=k&path=x</link>
   <category>2000</category><category>2040</category>
   <enclosure url="http://host/dl/one/?apikey=k&amp;path=x" length="1" type="application/x-bittorrent"/>
   <torznab:attr name="infohash" value="dd8255ecdc7ca55fb0bbf81323d87062db1f6d1c"/>
   <newznab:attr name="Seeders" value="1,234" />
  </item>
 </channel>
</rss>"#;

const INDEXERS: &str = r#"<?xml version="1.0"?><indexers>
 <indexer id="one" configured="true"><title>One &amp; only</title><description/><link>https://one.example/</link>
  <type>semi-private</type><caps><server title="Jackett"/><limits default="100" max="50"/><searching>
   <search available="yes" supportedParams="q" searchEngine="raw"/><tv-search available="yes"/>
   <movie-search available="no" supportedParams="q,imdbid"/></searching>
   <categories><category id="2000" name="Movies"><subcat id="2030" name="SD"/></category></categories></caps></indexer>
 <indexer id="two" configured="true"/><indexer configured="true"><title>No id</title></indexer></indexers>"#;

fn items(bytes: &[u8]) -> (Vec<Item>, bool) {
    match read_torznab(bytes) {
        TorznabDocument::Results { items, is_whole } => (items, is_whole),
        other => panic!("{other:?}"),
    }
}

#[test]
fn results_are_read_whatever_they_are_wrapped_in() {
    let (mut items, is_whole) = items(RESULTS.as_bytes());
    assert!(is_whole);
    let found = items.pop().unwrap().into_found().unwrap();
    assert_eq!(found.name, "Big Buck Bunny & friends 2008 <1080p>");
    assert_eq!(found.info_hash, Some(HEX.parse().unwrap()));
    assert_eq!((found.size, found.seeders), (Some(276_445_467), Some(1_234)));
    assert_eq!(found.torrent.unwrap().as_str(), "http://host/dl/one/?apikey=k&path=x");
    assert_eq!(found.by.as_deref(), Some("One"));
    assert_eq!(found.published, crate::discovery::indexers::reading::moment("2024-10-02T11:00:00Z"));
    assert_eq!(items.pop().unwrap().into_found(), None);
}

#[test]
fn a_document_that_ends_early_keeps_what_came() {
    let end = RESULTS.find(" </channel>").unwrap();
    let (items, is_whole) = items(&RESULTS.as_bytes()[..end]);
    assert_eq!((items.len(), is_whole), (2, false));
}

#[test]
fn wrong_encodings_spoil_letters_only() {
    let mut bytes = b"\xef\xbb\xbf\n<?xml version='1.0' encoding='windows-1252'?><rss><item><title>Am\xe9lie 2001</title>".to_vec();
    bytes.extend(format!("<attr name='infohash' value='{HEX}'/></item></rss>").bytes());
    let (mut items, is_whole) = items(&bytes);
    assert!(is_whole);
    assert_eq!(items.pop().unwrap().into_found().unwrap().name, "Am\u{fffd}lie 2001");
}

#[test]
fn documents_are_judged_by_their_root() {
    let error = |text: &str| match read_torznab(text.as_bytes()) {
        TorznabDocument::Refusal { code, description } => (code, description),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        error(r#"<error code="100" description="Invalid API Key"/>"#),
        (Some(100), "Invalid API Key".to_owned())
    );
    assert_eq!(error(r#"<?xml?><error error="202" description="x"></error>"#), (Some(202), "x".to_owned()));
    assert_eq!(error(r#"<rss><channel><error code="500"/></channel></rss>"#), (Some(500), String::new()));
    for page in ["<!DOCTYPE html><html><head>", "<HTML>", "  <html lang=en><body><br></div>"] {
        assert!(matches!(read_torznab(page.as_bytes()), TorznabDocument::WebPage), "{page}");
    }
    for other in ["", "{}", "<", "<?xml version='1.0'?>", "plain", "<feed/>", "\u{feff}"] {
        assert!(matches!(read_torznab(other.as_bytes()), TorznabDocument::Unknown), "{other}");
    }
}

#[test]
fn a_list_of_indexers_says_what_each_can_do() {
    let TorznabDocument::Indexers(listed) = read_torznab(INDEXERS.as_bytes()) else { panic!("no list") };
    let [one, two] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!(
        (one.id.as_str(), one.title.as_str(), one.kind.as_str()),
        ("one", "One & only", "semi-private")
    );
    let caps = one.caps.as_ref().unwrap();
    assert_eq!((caps.most_results, caps.categories.as_slice()), (Some(50), [2000, 2030].as_slice()));
    assert!(caps.search.takes(&["q"]) && caps.search.is_raw());
    // Without a list of parameters words are all that is sure.
    assert!(caps.tv.takes(&["q"]) && !caps.tv.takes(&["season"]));
    assert!(!caps.movie.takes(&["q"]));
    assert_eq!((two.title.as_str(), two.caps.as_ref()), ("two", None));
}

#[test]
fn masses_of_items_and_depths_of_tags_have_an_end() {
    let (many, _) = items(format!("<rss>{}</rss>", "<item/>".repeat(5_000)).as_bytes());
    assert_eq!(many.len(), 1_000);
    let deep = format!("<rss><item>{}", "<a>".repeat(200_000));
    assert_eq!(items(deep.as_bytes()).0.len(), 1);
    let wide = format!("<rss><item><attr {}/></item></rss>", "a='b' ".repeat(100_000));
    assert_eq!(items(wide.as_bytes()).0.len(), 1);
}

/// Whatever can be done with a document, so that nothing panics later either.
fn use_up(document: TorznabDocument) -> usize {
    match document {
        TorznabDocument::Results { items, .. } => items.into_iter().filter_map(Item::into_found).count(),
        TorznabDocument::Indexers(listed) => listed.len(),
        TorznabDocument::Caps(caps) => caps.categories.len(),
        TorznabDocument::Refusal { description, .. } => description.len(),
        TorznabDocument::WebPage | TorznabDocument::Unknown => 0,
    }
}

proptest! {
    #[test]
    fn mutated_documents_never_panic_and_never_grow(
        which in 0..2_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..40_usize, prop::collection::vec(any::<u8>(), 0..12)), 1..12),
    ) {
        let mut bytes = [RESULTS, INDEXERS][which].as_bytes().to_vec();
        for (at, removed, added) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            let end = (at + removed).min(bytes.len());
            bytes.splice(at..end, added);
        }
        prop_assert!(use_up(read_torznab(&bytes)) <= bytes.len());
    }

    #[test]
    fn tags_in_any_order_never_panic(parts in prop::collection::vec(prop::sample::select(vec![
        "<rss>", "</rss>", "<item>", "</item>", "<item/>", "<title>", "</title>", "<![CDATA[", "]]>", "<!--", "-->",
        "&amp;", "&", "&#x41;", "&#xffffffff;", "<torznab:attr name='size' value='", "'/>", "\"", "<", ">", "é", "\u{0}",
        "<caps>", "</caps>", "<indexers>", "<indexer id='a'>", "<error code='1'", "<!DOCTYPE x [", "]>", "<?", "?>",
    ]), 0..60)) {
        let text = parts.concat();
        prop_assert!(use_up(read_torznab(text.as_bytes())) <= text.len());
    }
}
