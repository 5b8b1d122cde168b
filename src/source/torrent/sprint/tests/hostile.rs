//! Swarms in which some do harm, in virtual time.

use proptest::prelude::*;

use super::profiles::{MEGABIT, seeds};
use super::seed::PLAIN;
use super::*;

fn wanted(pieces: std::ops::Range<u32>) -> Vec<Target> {
    vec![Target { pieces, due: Duration::ZERO }]
}

/// A torrent in pieces of 1 MiB, the first four of which are wanted.
fn world(groups: &[(usize, u64, u32, Habits)]) -> World {
    let mut world = World::new(ms(60), 1 << 20, 100.0 * MEGABIT, seeds(groups));
    world.head = wanted(0..4);
    world
}

#[test]
fn those_who_never_answer_do_not_hold_a_block_however_many_they_are() {
    let mute = Habits { stall: Some(0), ..PLAIN };
    let mut world = world(&[(5, 10, 3000, mute), (1, 60, 3000, PLAIN)]);
    assert!(world.until(0..4) < ms(6000), "1.4 s are what the honest one needs");
}

#[test]
fn those_who_fall_silent_do_not_hold_a_block_either() {
    let silent = Habits { stall: Some(200 << 10), ..PLAIN };
    let mut world = world(&[(5, 10, 3000, silent), (1, 60, 3000, PLAIN)]);
    assert!(world.until(0..4) < ms(6000), "1.4 s are what the honest one needs");
}

#[test]
fn one_who_answers_everything_else_does_not_hold_a_block() {
    let mut world = world(&[(4, 10, 3000, Habits { skips: true, ..PLAIN }), (1, 60, 3000, PLAIN)]);
    assert!(world.until(0..4) < ms(12_000));
}

#[test]
fn a_piece_that_nobody_has_right_is_given_up_and_the_others_come() {
    let rotten = Habits { rotten: Some(1), ..PLAIN };
    let mut world = world(&[(20, 20, 2000, rotten)]);
    world.until(0..1);
    world.until(2..4);
    while world.now < ms(60_000) {
        world.step();
    }
    let wrong = world.crowd.traffic().wrong >> 20;
    assert!(wrong > 0 && wrong < 16, "{wrong} MiB of a piece of 1 MiB were fetched in vain");
    assert!(world.liars.len() < 10, "the swarm is still there: {:?}", world.liars);
    world.aim(wanted(8..10));
    world.until(8..10);
}

#[test]
fn liars_who_agree_do_not_have_an_honest_one_left() {
    let liar = Habits { corrupt: Some(1), ..PLAIN };
    let mut world = world(&[(3, 15, 3000, liar), (2, 40, 1500, PLAIN)]);
    world.until(0..4);
    assert!(world.liars.iter().all(|index| *index < 3), "{:?}", world.liars);
}

#[test]
fn liars_who_agree_hardly_delay_the_first_piece_whoever_comes_first() {
    for honest in [35, 40, 45, 50, 60] {
        let mut world = world(&[
            (5, honest, 1500, PLAIN),
            (1, 15, 3000, Habits { corrupt: Some(24), ..PLAIN }),
            (1, 15, 3000, Habits { corrupt: Some(1), ..PLAIN }),
            (1, 15, 3000, Habits { stall: Some(300 << 10), ..PLAIN }),
        ]);
        let time = world.until(0..1);
        assert!(time < ms(1000), "{time:?} with the honest at {honest} ms, which need 140 ms for a piece");
    }
}

#[test]
fn who_brings_nothing_is_useless_while_something_is_wanted() {
    let shut = Habits { unchoke: ms(600_000), ..PLAIN };
    let mut world =
        world(&[(1, 20, 500, PLAIN), (3, 20, 2000, shut), (1, 20, 2000, Habits { stall: Some(0), ..PLAIN })]);
    world.head = wanted(0..30);
    let run = |world: &mut World, until: u64| {
        while world.now < ms(until) {
            world.step();
        }
        let mut useless = world.crowd.useless(world.start + world.now);
        useless.sort_unstable();
        useless
    };
    assert_eq!(run(&mut world, 14_000), []);
    assert_eq!(run(&mut world, 17_000), [PeerKey(1), PeerKey(2), PeerKey(3), PeerKey(4)]);
    world.aim(Vec::new());
    assert_eq!(run(&mut world, 90_000), [], "nobody is asked for anything");
    world.aim(wanted(50..60));
    assert_eq!(run(&mut world, 100_000), [], "and they get their time anew");
}

#[test]
fn the_only_honest_one_is_asked_in_the_end_although_it_opens_and_shuts() {
    let rotten = Habits { rotten: Some(1), ..PLAIN };
    let moody = Habits { moods: Some((ms(1500), ms(1000))), ..PLAIN };
    for honest in [moody, Habits { stall: Some(3 << 20), ..PLAIN }] {
        let mut world = world(&[(3, 20, 2000, rotten), (1, 40, 1500, PLAIN), (1, 30, 2000, honest)]);
        world.until(0..4);
        assert!(world.liars.iter().all(|index| *index < 3), "{:?}", world.liars);
    }
    let mut world = world(&[(3, 20, 2000, rotten), (1, 40, 1500, moody)]);
    world.until(0..4);
    assert!(world.liars.iter().all(|index| *index < 3), "{:?}", world.liars);
}

fn any_habits() -> impl Strategy<Value = Habits> {
    prop_oneof![
        (0..2_000_000_usize).prop_map(|bytes| Habits { stall: Some(bytes), ..PLAIN }),
        (0..20_000_u64).prop_map(|time| Habits { unchoke: ms(time), ..PLAIN }),
        (200..3000_u64, 200..3000_u64)
            .prop_map(|(open, shut)| Habits { moods: Some((ms(open), ms(shut))), ..PLAIN }),
        Just(Habits { skips: true, ..PLAIN }),
        (1..100_usize).prop_map(|every| Habits { corrupt: Some(every), ..PLAIN }),
        (0..4_u32).prop_map(|piece| Habits { rotten: Some(piece), ..PLAIN }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_honest_peer_is_enough_and_is_never_blamed(
        others in prop::collection::vec((1..200_u64, 50..5000_u32, any_habits()), 0..7),
    ) {
        let mut groups = vec![(1, 50, 1500, PLAIN)];
        groups.extend(others.iter().map(|(round_trip, rate, habits)| (1, *round_trip, *rate, *habits)));
        let is_liar = |index: usize| groups[index].3.corrupt.is_some() || groups[index].3.rotten.is_some();
        // More of them may have a piece given up before the honest one is asked.
        prop_assume!((0..groups.len()).filter(|index| is_liar(*index)).count() < 4);
        let mut world = world(&groups);
        world.until(0..4);
        prop_assert!(world.liars.iter().all(|index| is_liar(*index)), "{:?}", world.liars);
        prop_assert!(world.crowd.traffic().wrong < 48 << 20);
    }
}

#[test]
fn who_falls_silent_does_not_keep_those_from_being_asked_again_with_whom_it_was_wrong() {
    let rotten = Habits { rotten: Some(0), ..PLAIN };
    let stalls = |bytes| Habits { stall: Some(bytes), ..PLAIN };
    let mut world = world(&[
        (1, 50, 1500, PLAIN),
        (1, 18, 2137, rotten),
        (1, 88, 2835, rotten),
        (1, 143, 1326, stalls(409_601)),
        (1, 1, 50, Habits { unchoke: ms(2621), ..PLAIN }),
        (1, 114, 407, stalls(49_153)),
    ]);
    let time = world.until(0..4);
    assert!(time < ms(30_000), "{time:?}");
}
