use std::time::{Duration, Instant};

use super::sample::sample_facts;
use super::*;

fn render(source: &str) -> String {
    Template::parse(source).unwrap().render(&sample_facts()[0])
}

fn refused(source: &str) -> String {
    Template::parse(source).unwrap_err().to_string()
}

#[test]
fn the_documented_variables_are_those_there_are() {
    let first = serde_json::to_value(&sample_facts()[0]).unwrap();
    let mut there: Vec<&str> = first.as_object().unwrap().keys().map(String::as_str).collect();
    let mut documented: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
    there.sort_unstable();
    documented.sort_unstable();
    assert_eq!(there, documented, "the first sample has a value for every variable");
    assert!(VARIABLES.iter().all(|(_, meaning)| !meaning.is_empty()));
}

#[test]
fn the_built_in_labels_say_what_matters_and_nothing_that_is_unknown() {
    let labels = Labels::lenient(&profile::Labels::default());
    let (query, offers) = sample_offers();
    let rows = labels.write(&query, &offers);
    let expected = [
        (
            "Headwater 4K ⚡\nDV HDR WEB-DL",
            "The.Lighthouse.Keepers.S02E05.2160p.WEB-DL.DDP5.1.Atmos.DV.HDR.H.265-HARBOUR.mkv\n\
             💾 9.3 GiB 👤 42 🔎 Own indexer, Another\n\
             🎞 HEVC DD+ Atmos 5.1 🇬🇧 🇩🇪 🌐\n\
             ⚡ Real-Debrid",
        ),
        (
            "Headwater 1080p\nBluRay",
            "The Lighthouse Keepers S02E05 1080p BluRay.mkv\n\
             💾 1.5 GiB 👤 42 🔎 Own indexer, Another\n\
             🎞 H.264 DTS 5.1 🌐",
        ),
        ("Headwater", "Lighthouse Keepers 2x05"),
    ];
    let rows: Vec<(&str, &str)> =
        rows.iter().map(|(name, description)| (name.as_str(), description.as_str())).collect();
    assert_eq!(rows, expected);
}

#[test]
fn templates_use_variables_conditions_loops_and_filters() {
    for (source, expected) in [
        ("{{ title }} {{ year }} S{{ season }}E{{ episode }}", "The Lighthouse Keepers 2021 S2E5"),
        ("{{ quality }}{% if cached %} ⚡{% else %} ⏳{% endif %}", "4K ⚡"),
        ("{% for one in languages %}[{{ one }}]{% endfor %}", "[English][German]"),
        ("{{ language_codes|join('+')|upper }}", "EN+DE"),
        ("{{ group|lower }} {{ audio|first }} {{ audio|last }} {{ audio|length }}", "harbour DD+ Atmos 2"),
        ("{{ edition|replace('Ext', 'Pret') }} {{ release|truncate(3) }}", "Pretended The"),
        ("{{ services|default('none')|join(',') }} {{ size|bytes }}", "Real-Debrid 9.3 GiB"),
        ("a\n\n  {{ subtitles|join(' ') }}  \n\n b  c", "a\nEnglish French\nb c"),
        ("<b>{{ codec }}</b> & more", "<b>HEVC</b> & more"),
    ] {
        assert_eq!(render(source), expected, "{source}");
    }
}

#[test]
fn what_is_unknown_is_left_out_without_a_trace() {
    let template =
        Template::parse("{{ release }} {{ group }} {{ size|bytes }} {{ hdr|join }} {{ seeders }}").unwrap();
    assert_eq!(template.render(&sample_facts()[2]), "Lighthouse Keepers 2x05");
}

#[test]
fn mistakes_are_told_with_line_and_reason() {
    assert_eq!(refused("{{ titel }}"), "there is no `titel`");
    assert!(refused("ok\n{% if cached %}").starts_with("line 2: "), "{}", refused("ok\n{% if cached %}"));
    assert!(refused("{{ title|nothing }}").starts_with("line 1: "), "{}", refused("{{ title|nothing }}"));
    assert!(refused("a\nb\n{{ title.}}").starts_with("line 3: "), "{}", refused("a\nb\n{{ title.}}"));
    assert_eq!(refused("  \n {# nothing #}"), "it writes nothing");
    assert_eq!(refused(&"x".repeat(4_001)), "a template has at most 4000 characters");
}

#[test]
fn no_template_works_or_grows_without_end() {
    let doubled = "{% set x = 'ab' ~ 'ab' %}{% set x = x ~ x %}{{ x }}";
    assert_eq!(refused(doubled), "line 1: `set` cannot be used in labels, only `if` and `for`");
    for source in [
        "{% with x = 1 %}{{ title }}{% endwith %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{%- filter upper -%}{{ title }}{% endfilter %}",
        "{% include 'name' %}",
        "{% raw %}{% endraw %}{{ title }}",
        "{{ 'a' * 1000000000 }}",
        "{% for a in [1] * 1000000000 %}x{% endfor %}",
        "{{ release|replace('e', 'eeeeeeeeee')|replace('e', 'eeeeeeeeee')|replace('e', 'eeeeeeeeee') }}",
        "{{ release|replace('', release)|replace('', release) }}",
        "{% for a in release %}{% for b in release %}{% for c in release %}{{ release }}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in release recursive %}{{ loop(release) }}{% endfor %}",
        "{% for a in release %}{% for b in release %}{% for c in release %}{% if a == b %}{% endif %}{% endfor %}{% endfor %}{% endfor %}x",
    ] {
        let begun = Instant::now();
        let reason = refused(source);
        assert!(reason.starts_with("line 1: "), "{source}: {reason}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{source}");
    }
}

#[test]
fn a_template_that_cannot_be_used_gives_way_to_the_built_in_one() {
    let broken = profile::Labels { name: "{{ oops".to_owned(), description: "{{ title }}".to_owned() };
    let (query, offers) = sample_offers();
    let rows = Labels::lenient(&broken).write(&query, &offers);
    assert_eq!(rows[2].0, "Headwater");
    assert_eq!(rows[2].1, "The Lighthouse Keepers");
}

#[test]
fn sizes_are_short_and_rounded_down() {
    for (size, expected) in [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1_468_006, "1.3 MiB"),
        (276_134_947, "263 MiB"),
        (10_737_418_240, "10.0 GiB"),
        (u64::MAX, "16777215 TiB"),
    ] {
        assert_eq!(variables::bytes(size), expected, "{size}");
    }
}
