//! What the real program says and returns.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::server::Headwater;

/// Runs the program to its end in `folder`, with these variables and no others of ours.
fn headwater(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_headwater"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn wrong_settings_are_all_printed_and_end_with_64() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("HEADWATER_LISTEN", "here"), ("TORRENT_MAX_RETRIES", "many"), ("PORT", "")];
    for subcommand in [&["serve"][..], &["check"], &["healthcheck"], &[]] {
        let output = headwater(folder.path(), subcommand, &variables);
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(64), "{subcommand:?}: {errors}");
        assert!(errors.contains("HEADWATER_LISTEN: "), "{errors}");
        assert!(errors.contains("TORRENT_MAX_RETRIES: "), "{errors}");
    }
}

#[test]
fn unknown_flags_end_with_64_and_help_with_0() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(headwater(folder.path(), &["--no-such-flag"], &[]).status.code(), Some(64));
    let help = headwater(folder.path(), &["--help"], &[]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("--cache-max-bytes"));
    assert_eq!(headwater(folder.path(), &["--version"], &[]).status.code(), Some(0));
}

#[test]
fn check_prints_the_settings_in_effect_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("headwater.toml"), "[torrent]\nport = 4711\n").unwrap();
    let output = headwater(
        folder.path(),
        &["check", "--cache-max-bytes", "20GiB"],
        &[
            ("HEADWATER_ADMIN_TOKEN", "hush-hush"),
            ("HEADWATER_REALDEBRID_TOKEN", "hush-1,hush-2"),
            ("HEADWATER_REALDEBRID_PROXY", "socks5://me:hush@127.0.0.1:1080"),
        ],
    );
    let printed = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for line in [
        "HEADWATER_P2P_PORT=4711",
        "HEADWATER_CACHE_MAX_BYTES=20GiB",
        "HEADWATER_ADMIN_TOKEN=(hidden)",
        "HEADWATER_REALDEBRID_TOKEN=(hidden)",
        "HEADWATER_REALDEBRID_PROXY=(hidden)",
    ] {
        assert!(printed.lines().any(|printed| printed == line), "{line} is missing from {printed}");
    }
    assert!(!printed.contains("hush"));
    assert!(!folder.path().join("data").exists(), "a check leaves nothing behind");
}

#[test]
fn check_names_a_folder_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), "in the way").unwrap();
    let output = headwater(folder.path(), &["check"], &[]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{errors}");
    assert!(errors.contains("HEADWATER_DATA_DIR"), "{errors}");
}

#[test]
fn a_taken_port_is_one_line_that_says_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let variables =
        [("HEADWATER_LISTEN", address.as_str()), ("HEADWATER_DHT", "false"), ("HEADWATER_P2P_PORT", "0")];
    let output = headwater(folder.path(), &[], &variables);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{errors}");
    let said: Vec<&str> = errors.lines().filter(|line| line.starts_with("headwater: ")).collect();
    assert_eq!(said.len(), 1, "{errors}");
    assert!(said[0].contains(&address) && said[0].contains("HEADWATER_LISTEN"), "{errors}");
}

#[test]
fn healthcheck_fails_where_nothing_listens() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let folder = tempfile::tempdir().unwrap();
    let output = headwater(folder.path(), &["healthcheck"], &[("HEADWATER_LISTEN", &address)]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
}

#[test]
fn healthcheck_finds_a_running_server_also_on_all_addresses() {
    let server = Headwater::start();
    let address = server.base().trim_start_matches("http://").trim_end_matches('/');
    let everywhere = address.replace("127.0.0.1", "0.0.0.0");
    let folder = tempfile::tempdir().unwrap();
    for listen in [address, &everywhere] {
        let output = headwater(folder.path(), &["healthcheck"], &[("HEADWATER_LISTEN", listen)]);
        assert_eq!(output.status.code(), Some(0), "{listen}: {}", text(&output.stderr));
    }
}
