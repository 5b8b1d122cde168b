use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::live::hls::window::tests::piece;

fn parts(length: usize) -> Vec<Bytes> {
    vec![Bytes::from(vec![7; length / 2]), Bytes::from(vec![8; length - length / 2])]
}

/// Records `count` segments of five seconds and 1000 bytes, the first at a second of the time line.
fn record(disk: &Arc<Disk>, window: &Arc<Mutex<Window>>, name: &str, seconds: std::ops::Range<u64>) {
    for at in seconds.step_by(5) {
        let path = disk.folder().join(name).join(format!("{at}.ts"));
        let body = disk.store(path, parts(1000));
        let mut piece = piece(at, 5, false);
        // All count from the same moment here.
        piece.opening.arrived += Duration::from_secs(at);
        drop(window.lock().unwrap().add(piece, body));
    }
}

fn window(disk: &Arc<Disk>) -> Arc<Mutex<Window>> {
    let window = Arc::new(Mutex::new(Window::new(Duration::from_secs(100_000))));
    disk.share(&window);
    window
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).map_or(0, Iterator::count)
}

#[test]
fn the_quota_takes_the_oldest_of_all_recordings() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::open(folder.path(), 60_000).unwrap();
    let (old, new) = (window(&disk), window(&disk));
    record(&disk, &old, "old", 0..200);
    record(&disk, &new, "new", 100..200);
    assert_eq!(disk.used(), 60_000);
    record(&disk, &new, "new", 200..250);
    assert_eq!(disk.used(), 60_000, "ten came and ten left");
    assert_eq!((old.lock().unwrap().first(), new.lock().unwrap().first()), (10, 0));
    assert_eq!((files(&folder.path().join("old")), files(&folder.path().join("new"))), (30, 30));
}

#[test]
fn what_players_need_is_kept_beyond_the_quota() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::open(folder.path(), 1_000).unwrap();
    let window = window(&disk);
    record(&disk, &window, "a", 0..200);
    assert_eq!(disk.used(), 13_000, "a minute, and what came after room was made");
}

#[test]
fn a_disk_that_takes_nothing_leaves_the_channel_in_memory() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::open(folder.path(), 1 << 30).unwrap();
    // Not even the administrator can make a folder below a file.
    fs::write(folder.path().join("file"), b"").unwrap();
    let body = disk.store(folder.path().join("file/1.ts"), parts(1000));
    assert!(body.is_in_memory() && body.length() == 1000 && disk.used() == 0);
    let back = disk.store(folder.path().join("b/1.ts"), parts(1000));
    assert!(!back.is_in_memory() && disk.used() == 1000);
}

#[test]
fn files_go_with_the_last_who_knows_them() {
    let folder = TempDir::new().unwrap();
    let disk = Disk::open(folder.path(), 1 << 30).unwrap();
    let path = folder.path().join("b/1.ts");
    let body = disk.store(path.clone(), parts(1000));
    let reader = body.clone();
    drop(body);
    assert_eq!(fs::read(&path).unwrap().len(), 1000);
    drop(reader);
    assert!(!path.exists() && disk.used() == 0);
}

#[test]
fn leftovers_of_an_earlier_run_are_deleted_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let ours = folder.path().join("94c2fd8fb9bc8f2fc71a2cbe9d4b866f227a0209");
    let theirs = folder.path().join("holiday");
    for path in [&ours, &theirs] {
        fs::create_dir(path).unwrap();
        fs::write(path.join("1.ts"), b"x").unwrap();
    }
    Disk::open(folder.path(), 1).unwrap();
    assert!(!ours.exists() && theirs.join("1.ts").exists());
}
