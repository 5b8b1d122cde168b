//! What was measured, as ratios for people and as JSON for programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::crowd::Crowd;
use crate::load::Load;

const GIBIBYTE: f64 = (1_u64 << 30) as f64;
/// A side that is busy for this share of a core has none left: the rest is what the clock of the system misses.
const SATURATED: f64 = 0.9;

/// One turn of one server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    values: [f64; COLUMNS.len()],
    server: f64,
    client: f64,
}

/// What is compared, and whether more is better.
const COLUMNS: [(&str, bool); 6] = [
    ("GiB/s", true),
    ("requests/s", true),
    ("CPU s/GiB", false),
    ("CPU us/request", false),
    ("p50 ms", false),
    ("p99 ms", false),
];

/// Everything that was measured; this server's figures come first.
#[derive(Debug, Default)]
pub(crate) struct Table {
    idle: [f64; 2],
    works: Vec<(&'static str, Vec<[Figures; 2]>)>,
    crowds: BTreeMap<usize, Crowd>,
}

impl Figures {
    /// What `load` shows, with the seconds that server and client have computed for it.
    pub(crate) fn of(load: &Load, server: f64, client: f64) -> Self {
        let (gibibytes, requests) = (load.bytes as f64 / GIBIBYTE, load.latencies.len() as f64);
        let quantile = |part: f64| load.latencies[((requests - 1.0) * part) as usize] * 1e3;
        let values = [
            gibibytes / load.seconds,
            requests / load.seconds,
            server / gibibytes,
            server / requests * 1e6,
            quantile(0.5),
            quantile(0.99),
        ];
        Self { values, server: server / load.seconds, client: client / load.seconds }
    }
}

impl Table {
    /// Memory of both before the first request, in bytes.
    pub(crate) fn idle(&mut self, bytes: [f64; 2]) {
        self.idle = bytes.map(|bytes| bytes / f64::from(1 << 20));
    }

    /// One turn of each.
    pub(crate) fn add(&mut self, work: &'static str, figures: [Figures; 2]) {
        match self.works.iter_mut().find(|(name, _)| *name == work) {
            Some((_, turns)) => turns.push(figures),
            None => self.works.push((work, vec![figures])),
        }
    }

    /// What the viewers of one of them noticed.
    pub(crate) fn crowd(&mut self, place: usize, crowd: Crowd) {
        self.crowds.insert(place, crowd);
    }

    /// Medians, their ratio turn by turn with its spread, and what was the limit.
    pub(crate) fn print(&self) {
        println!("{:<12} {:<15} {:>11} {:>11}   ratio [spread]", "", "", "headwater", "nginx");
        for (work, turns) in &self.works {
            for (column, (name, _)) in COLUMNS.iter().enumerate() {
                let [ours, theirs, ratio] = medians(turns, |figures| figures.values[column]);
                let (least, most) = spread(turns, column);
                println!(
                    "{work:<12} {name:<15} {ours:>11.3} {theirs:>11.3}   {ratio:.2} [{least:.2} to {most:.2}]"
                );
            }
            let [server, their_server, _] = medians(turns, |figures| figures.server);
            let [client, their_client, _] = medians(turns, |figures| figures.client);
            let (ours, theirs) = (limit(server, client), limit(their_server, their_client));
            println!("{work:<12} {:<15} {ours:>11} {theirs:>11}", "limited by");
        }
        println!("{:<12} {:<15} {:>11.1} {:>11.1}", "idle", "MiB", self.idle[0], self.idle[1]);
        for (name, of) in CROWD_ROWS {
            let [ours, theirs] = [0, 1].map(|place| self.crowds.get(&place).map_or(f64::NAN, of));
            println!("{:<12} {name:<15} {ours:>11.2} {theirs:>11.2}", "1000 viewers");
        }
    }

    /// Writes all turns to `target/warm.json`.
    ///
    /// # Panics
    /// If the folder cannot be written.
    pub(crate) fn write(&self) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
        fs::create_dir_all(&folder).expect("the build folder can be written");
        let text = serde_json::to_string_pretty(&self.json()).expect("numbers can be written");
        fs::write(folder.join("warm.json"), text).expect("the build folder can be written");
    }

    fn json(&self) -> Value {
        let works = self.works.iter().map(|(work, turns)| {
            let columns = COLUMNS.iter().enumerate().map(|(column, (name, more_is_better))| {
                let [ours, theirs, ratio] = medians(turns, |figures| figures.values[column]);
                let (least, most) = spread(turns, column);
                let all: Vec<[f64; 2]> =
                    turns.iter().map(|pair| pair.each_ref().map(|figures| figures.values[column])).collect();
                let row = json!({
                    "headwater": ours, "nginx": theirs, "ratio": ratio, "spread": [least, most],
                    "more_is_better": more_is_better, "turns": all,
                });
                ((*name).to_owned(), row)
            });
            ((*work).to_owned(), Value::Object(columns.collect()))
        });
        let crowds = CROWD_ROWS
            .map(|(name, of)| (name.to_owned(), json!(self.crowds.values().map(of).collect::<Vec<f64>>())));
        json!({
            "works": Value::Object(works.collect()),
            "idle_mib": self.idle,
            "viewers_1000": Value::Object(crowds.into_iter().collect()),
        })
    }
}

type Row = (&'static str, fn(&Crowd) -> f64);

const CROWD_ROWS: [Row; 4] = [
    ("stall ms", |crowd| crowd.longest_stall),
    ("KiB/viewer", |crowd| crowd.kibibytes),
    ("server cores", |crowd| crowd.server),
    ("client cores", |crowd| crowd.client),
];

fn limit(server: f64, client: f64) -> String {
    let who = match (server >= SATURATED, client >= SATURATED) {
        (true, true) => "both",
        (true, false) => "server",
        (false, true) => "client",
        (false, false) => "neither",
    };
    format!("{who} {server:.2}/{client:.2}")
}

/// The medians of both, and of their ratio turn by turn.
fn medians(turns: &[[Figures; 2]], of: impl Fn(&Figures) -> f64) -> [f64; 3] {
    let median = |values: Vec<f64>| sorted(values)[turns.len() / 2];
    let side = |place: usize| median(turns.iter().map(|pair| of(&pair[place])).collect());
    [side(0), side(1), median(turns.iter().map(|[ours, theirs]| of(ours) / of(theirs)).collect())]
}

/// The least and the greatest ratio.
fn spread(turns: &[[Figures; 2]], column: usize) -> (f64, f64) {
    let ratios = turns.iter().map(|[ours, theirs]| ours.values[column] / theirs.values[column]).collect();
    let ratios = sorted(ratios);
    (ratios[0], ratios[ratios.len() - 1])
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
}
