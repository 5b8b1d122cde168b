//! The choice of an engine, and who owes a stop to whom.

use std::time::Duration;

use tokio::time::Instant;

use super::choice::{Choice, Reason, Stage};
use super::error::{FailureKind, NoEngine};
use super::leases::{LeaseId, Leases, Names};
use super::member::MemberId;
use super::pulse::Pulse;
use super::roster::{Roster, Wanted};
use super::vitals::{Health, Look};
use crate::config::{EngineAddress, EngineSettings};
use crate::domain::InfoHash;

const TTL: Duration = Duration::from_secs(2);

fn channel(number: u8) -> InfoHash {
    InfoHash::new([number; 20])
}

fn engine(text: &str) -> EngineSettings {
    text.parse().unwrap()
}

fn answer(health: Health) -> Look {
    Look { health, version: None, error: None }
}

/// Engines that have just said that they are well, two channels each at most.
struct Rig {
    roster: Roster,
    ids: Vec<MemberId>,
    now: Instant,
}

fn engines(texts: &[&str]) -> Rig {
    let mut roster = Roster::new(2, TTL);
    let now = Instant::now();
    let ids: Vec<_> = texts.iter().map(|text| roster.add(engine(text)).unwrap()).collect();
    let mut stage = Rig { roster, ids, now };
    for number in 0..texts.len() {
        stage.says(number, Health::Healthy);
    }
    stage
}

impl Rig {
    fn says(&mut self, number: usize, health: Health) {
        self.roster.looked(self.ids[number], answer(health), self.now);
    }

    fn choose(&mut self, wanted: &Wanted<'_>, stage: Stage) -> Result<usize, Choice> {
        match self.roster.choose(wanted, stage, self.now) {
            Choice::Take(id, _) => Ok(self.ids.iter().position(|other| *other == id).unwrap()),
            other => Err(other),
        }
    }

    fn reason(&mut self, wanted: &Wanted<'_>, stage: Stage) -> (usize, Reason) {
        match self.roster.choose(wanted, stage, self.now) {
            Choice::Take(id, reason) => (self.ids.iter().position(|other| *other == id).unwrap(), reason),
            other => panic!("{other:?}"),
        }
    }

    fn claim(&mut self) -> usize {
        self.choose(&ANYTHING, Stage::Calm).unwrap()
    }

    fn why_not(&mut self, wanted: &Wanted<'_>) -> NoEngine {
        match self.choose(wanted, Stage::Calm) {
            Err(Choice::Nobody(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    /// A channel fails of which nothing came.
    fn fails(&mut self, number: usize, channels: &[InfoHash]) {
        let pulse = Pulse::new(self.now);
        self.roster.failed_channel(self.ids[number], (channels, &pulse), FailureKind::Silent, self.now);
    }

    /// The pulse of one more channel.
    fn pulse(&mut self, number: usize) -> Pulse {
        let now = self.now;
        self.roster.get(self.ids[number]).unwrap().begin_pulse(now)
    }

    fn release(&mut self, number: usize) {
        self.roster.get(self.ids[number]).unwrap().streams -= 1;
    }
}

const ANYTHING: Wanted<'static> = Wanted { channel: None, avoid: &[] };

#[test]
fn the_load_decides_then_the_open_port_then_who_had_the_longest_rest() {
    let mut stage = engines(&["a", "b?forwarded=true", "c"]);
    assert_eq!(stage.claim(), 1, "forwarded");
    assert_eq!(stage.claim(), 0, "fewest streams");
    assert_eq!(stage.claim(), 2, "fewest streams");
    assert_eq!(stage.claim(), 1, "all have one: forwarded");
    stage.release(0);
    stage.release(2);
    assert_eq!(stage.claim(), 0, "its last channel is longer ago");
    stage.release(0);
    assert_eq!(stage.claim(), 2);
}

#[test]
fn the_reason_is_the_first_thing_in_which_the_chosen_one_is_better() {
    let mut stage = engines(&["a?forwarded=true", "b"]);
    assert_eq!(stage.reason(&ANYTHING, Stage::Calm), (0, Reason::Forwarded));
    assert_eq!(stage.reason(&ANYTHING, Stage::Calm), (1, Reason::Load));
    assert_eq!(stage.reason(&ANYTHING, Stage::Calm), (0, Reason::Forwarded));
    assert_eq!(stage.reason(&ANYTHING, Stage::Calm), (1, Reason::Only), "the other has no place left");
    let mut stage = engines(&["a", "b"]);
    assert_eq!(stage.reason(&ANYTHING, Stage::Calm), (0, Reason::Turn));
    stage.release(0);
    stage.roster.delivered(stage.ids[0], &[channel(1)], stage.now);
    let wanted = Wanted { channel: Some(channel(1)), avoid: &[] };
    assert_eq!(stage.reason(&wanted, Stage::Calm), (0, Reason::Known));
    stage.roster.refused(stage.ids[0], channel(1), stage.now);
    assert_eq!(stage.reason(&wanted, Stage::Calm), (1, Reason::NoFailure));
    stage.says(0, Health::Offline);
    assert_eq!(stage.reason(&ANYTHING, Stage::Calm), (1, Reason::Health));
}

#[test]
fn one_who_did_not_answer_in_time_is_the_reason_for_another() {
    let mut stage = engines(&["a?forwarded=true", "b"]);
    stage.now += TTL + Duration::from_millis(1);
    stage.says(1, Health::Healthy);
    assert_eq!(stage.reason(&ANYTHING, Stage::Hurried), (1, Reason::InTime));
}

#[test]
fn no_merit_makes_up_for_being_unwell() {
    let mut stage = engines(&["a?forwarded=true", "b"]);
    stage.says(0, Health::Offline);
    assert_eq!((stage.claim(), stage.claim()), (1, 1));
    assert_eq!(stage.claim(), 0, "better than nothing");
    stage.says(0, Health::Down);
    assert_eq!(stage.why_not(&ANYTHING), NoEngine::Full, "who is down does not count");
    stage.release(1);
    stage.says(1, Health::Down);
    assert_eq!(stage.why_not(&ANYTHING), NoEngine::Down);
}

#[test]
fn an_engine_that_had_the_channel_is_preferred_and_one_where_it_failed_is_not() {
    let mut stage = engines(&["a?forwarded=true", "b", "c"]);
    let wanted = Wanted { channel: Some(channel(1)), avoid: &[] };
    let (b, names) = (stage.ids[1], [channel(9), channel(1)]);
    stage.roster.delivered(b, &names, stage.now);
    assert_eq!(stage.choose(&wanted, Stage::Calm), Ok(1));
    stage.fails(1, &names);
    stage.says(1, Health::Healthy);
    assert_eq!(stage.choose(&wanted, Stage::Calm), Ok(0));
    assert_eq!(stage.choose(&wanted, Stage::Calm), Ok(2));
    stage.release(1);
    assert_eq!(stage.claim(), 1, "other channels are welcome there");
}

#[test]
fn affinity_ends() {
    let mut stage = engines(&["a?forwarded=true", "b"]);
    stage.roster.delivered(stage.ids[1], &[channel(1)], stage.now);
    stage.now += Duration::from_secs(301);
    stage.says(0, Health::Healthy);
    stage.says(1, Health::Healthy);
    assert_eq!(stage.choose(&Wanted { channel: Some(channel(1)), avoid: &[] }, Stage::Calm), Ok(0));
}

#[test]
fn affinity_begins_when_the_channel_is_over_there() {
    let mut stage = engines(&["a?forwarded=true", "b"]);
    let wanted = Wanted { channel: Some(channel(1)), avoid: &[] };
    stage.roster.delivered(stage.ids[1], &[channel(1)], stage.now);
    stage.now += Duration::from_secs(3_600);
    stage.roster.parted(stage.ids[1], &[channel(1)], stage.now);
    stage.now += Duration::from_secs(299);
    stage.says(0, Health::Healthy);
    stage.says(1, Health::Healthy);
    assert_eq!(stage.choose(&wanted, Stage::Calm), Ok(1));
}

#[test]
fn an_engine_that_rests_is_the_last_resort_and_one_that_is_down_is_none() {
    let mut stage = engines(&["a?forwarded=true", "b", "c"]);
    let now = stage.now;
    stage.roster.get(stage.ids[0]).unwrap().vitals.failed("it hangs", now);
    stage.says(1, Health::Offline);
    stage.says(2, Health::Down);
    assert_eq!((stage.claim(), stage.claim()), (1, 1));
    assert_eq!(stage.claim(), 0, "better than nothing");
    stage.now += Duration::from_secs(5);
    stage.says(0, Health::Healthy);
    stage.release(1);
    assert_eq!(stage.claim(), 0, "it has rested");
}

#[test]
fn dead_channels_do_not_speak_against_an_engine_that_delivers_others() {
    let mut stage = engines(&["a"]);
    let lively = stage.pulse(0);
    for dead in 1..=3 {
        lively.beat(stage.now);
        stage.now += Duration::from_secs(9);
        stage.fails(0, &[channel(dead)]);
    }
    let now = stage.now;
    assert_eq!(stage.roster.get(stage.ids[0]).unwrap().vitals.rest(now), None);
    stage.roster.get(stage.ids[0]).unwrap().end_pulse(&lively);
    for dead in 1..=3 {
        stage.fails(0, &[channel(dead)]);
    }
    assert!(stage.roster.get(stage.ids[0]).unwrap().vitals.rest(now).is_some(), "nothing comes of any");
}

#[test]
fn engines_behind_a_tunnel_that_failed_come_last() {
    let mut stage = engines(&["a?vpn=one&forwarded=true", "b?vpn=one&forwarded=true", "c", "d?vpn=two"]);
    let now = stage.now;
    for number in [0, 1] {
        for failing in [1, 2] {
            stage.fails(number, &[channel(failing)]);
        }
        stage.says(number, Health::Healthy);
    }
    let chosen: Vec<usize> = (0..5).map(|_| stage.claim()).collect();
    assert_eq!(chosen, [2, 3, 2, 3, 0]);
    stage.roster.delivered(stage.ids[1], &[], now);
    assert_eq!(stage.claim(), 1, "one of them delivers: the tunnel is there");
}

#[test]
fn what_is_known_too_long_is_asked_again_before_it_decides() {
    let mut stage = engines(&["a?forwarded=true", "b"]);
    stage.now += TTL + Duration::from_millis(1);
    let all = stage.ids.clone();
    assert_eq!(stage.choose(&ANYTHING, Stage::Calm), Err(Choice::Ask(all)));
    stage.says(1, Health::Healthy);
    assert_eq!(
        stage.choose(&ANYTHING, Stage::Calm),
        Err(Choice::Ask(vec![stage.ids[0]])),
        "the best is worth a wait"
    );
    assert_eq!(stage.choose(&ANYTHING, Stage::Hurried), Ok(1), "a short one");
    stage.says(0, Health::Healthy);
    assert_eq!(stage.choose(&ANYTHING, Stage::Calm), Ok(0));
}

#[test]
fn when_time_is_up_somebody_is_chosen_who_has_not_answered() {
    let mut stage = engines(&["a", "b"]);
    stage.now += TTL * 2;
    stage.says(0, Health::Down);
    assert_eq!(stage.choose(&ANYTHING, Stage::Hurried), Err(Choice::Ask(vec![stage.ids[1]])));
    assert_eq!(stage.choose(&ANYTHING, Stage::Last), Ok(1));
}

#[test]
fn bytes_are_as_good_as_an_answer_unless_a_later_answer_says_otherwise() {
    let mut stage = engines(&["a"]);
    stage.now += TTL * 2;
    stage.pulse(0).beat(stage.now);
    assert_eq!(stage.choose(&ANYTHING, Stage::Calm), Ok(0));
    stage.pulse(0).beat(stage.now);
    stage.now += Duration::from_millis(500);
    stage.says(0, Health::Down);
    assert_eq!(stage.why_not(&ANYTHING), NoEngine::Down);
}

#[test]
fn reasons_say_what_can_be_waited_for() {
    assert_eq!(engines(&[]).why_not(&ANYTHING), NoEngine::NoneConfigured);
    let mut stage = engines(&["a", "b"]);
    let avoid: Vec<EngineAddress> = ["a", "b"].map(|text| engine(text).address).to_vec();
    assert_eq!(stage.why_not(&Wanted { channel: None, avoid: &avoid }), NoEngine::Exhausted);
    stage.roster.close();
    assert_eq!(stage.why_not(&ANYTHING), NoEngine::Stopping);
}

#[test]
fn a_drained_engine_gets_nothing_new_until_it_is_added_again() {
    let mut stage = engines(&["a", "b"]);
    let address = engine("a").address;
    stage.roster.drain(&address).unwrap();
    assert_eq!((stage.claim(), stage.claim()), (1, 1));
    assert_eq!(stage.why_not(&ANYTHING), NoEngine::Full);
    assert!(stage.roster.add(engine("b")).is_err(), "it is there already");
    assert_eq!(stage.roster.add(engine("a?forwarded=true")), Ok(stage.ids[0]));
    assert_eq!(stage.claim(), 0);
    stage.roster.withdraw(&address).unwrap();
    assert!(stage.roster.drain(&address).is_err(), "it is gone");
    assert!(stage.roster.add(engine("a")).is_ok_and(|id| id != stage.ids[0]));
}

/// A session of a content, by the id that was asked for.
fn open(
    leases: &mut Leases,
    member: MemberId,
    asked: InfoHash,
    infohash: InfoHash,
    command: &str,
) -> LeaseId {
    let id = leases.begin(member, asked, 9).unwrap();
    let url = format!("http://engine/{command}").parse().unwrap();
    leases.opened(id, Some(infohash), Some(url));
    id
}

fn due(leases: &mut Leases) -> Vec<String> {
    let mut paths: Vec<String> =
        leases.due().iter().map(|owed| owed.command.path()[1..].to_owned()).collect();
    paths.sort();
    paths
}

#[test]
fn stops_of_one_content_on_one_engine_wait_for_the_last_session_there() {
    let stage = engines(&["a", "b"]);
    let (a, b) = (stage.ids[0], stage.ids[1]);
    let mut leases = Leases::default();
    let first = open(&mut leases, a, channel(1), channel(7), "first");
    let second = open(&mut leases, a, channel(7), channel(7), "second");
    let other = open(&mut leases, a, channel(2), channel(8), "other");
    let elsewhere = open(&mut leases, b, channel(7), channel(7), "elsewhere");
    leases.close(first);
    assert!(due(&mut leases).is_empty(), "a stop of the first could end the second");
    leases.close(other);
    assert_eq!(due(&mut leases), ["other"]);
    leases.close(elsewhere);
    assert_eq!(due(&mut leases), ["elsewhere"]);
    leases.close(second);
    assert_eq!(due(&mut leases), ["first", "second"]);
    leases.close(second);
    leases.close_all();
    assert!(due(&mut leases).is_empty(), "each once");
}

#[test]
fn a_stop_waits_for_a_start_of_the_same_content() {
    let a = engines(&["a"]).ids[0];
    let mut leases = Leases::default();
    let old = open(&mut leases, a, channel(1), channel(7), "old");
    let start = leases.begin(a, channel(7), 9).unwrap();
    leases.close(old);
    assert!(due(&mut leases).is_empty());
    leases.close(start);
    assert_eq!(due(&mut leases), ["old"], "the start came to nothing");
}

#[test]
fn a_start_waits_for_a_stop_that_could_hit_it_or_holds_its_place() {
    let a = engines(&["a"]).ids[0];
    let mut leases = Leases::default();
    let old = open(&mut leases, a, channel(1), channel(7), "old");
    leases.close(old);
    let owed = leases.due().remove(0);
    assert_eq!(owed.names, Names { asked: channel(1), infohash: Some(channel(7)) });
    assert!(leases.begin(a, channel(7), 9).is_none() && leases.begin(a, channel(1), 9).is_none());
    assert!(leases.begin(a, channel(2), 0).is_none(), "no place");
    assert!(leases.begin(a, channel(2), 1).is_some());
    leases.stopped(&owed);
    assert!(leases.begin(a, channel(7), 0).is_some());
}
