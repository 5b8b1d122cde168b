//! What processes use of the machine, as Linux tells it (proc(5)).

use std::fs;

/// Ticks of processor time in a second, as Linux shows them to programs.
const TICKS: f64 = 100.0;

/// Seconds that a running process has computed so far.
pub(crate) fn processor(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name in brackets may hold spaces; user and system time are the twelfth and thirteenth behind it.
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / TICKS
}

/// Seconds that the threads of a running process have waited for a core that others had.
pub(crate) fn waiting(process: u32) -> f64 {
    let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap().map(Result::unwrap);
    let waited = threads.filter_map(|thread| {
        // A thread may have ended meanwhile. The second figure is in nanoseconds (sched-stats).
        let figures = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        figures.split(' ').nth(1)?.parse::<f64>().ok()
    });
    waited.sum::<f64>() / 1e9
}

/// Bytes of memory that a running process occupies.
pub(crate) fn memory(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1_024.0
}
