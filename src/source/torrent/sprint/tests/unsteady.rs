//! Swarms whose answers take now longer and now shorter, in virtual time: little is asked for ahead, but enough.

use super::profiles::{MEGABIT, seeds};
use super::seed::PLAIN;
use super::*;

/// Megabytes per second over some seconds, after the first two.
fn rate(habits: Habits, line: f64) -> f64 {
    let near = (0..4).map(|number| (1, 30 + 7 * number, 1000, habits));
    let far = (0..4).map(|number| (1, 70 + 9 * number, 1000, habits));
    let groups: Vec<(usize, u64, u32, Habits)> = near.chain(far).collect();
    let mut world = World::new(ms(60), 1 << 20, line * MEGABIT, seeds(&groups));
    world.head = vec![Target { pieces: 0..300, due: Duration::ZERO }];
    while world.now < ms(2000) {
        world.step();
    }
    let (begin, before) = (world.now, world.crowd.traffic().useful);
    while world.now < ms(10_000) {
        world.step();
    }
    let rate = (world.crowd.traffic().useful - before) as f64 / (world.now - begin).as_secs_f64() / 1e6;
    assert!(world.waste() < 0.05, "{habits:?}: {}", world.waste());
    rate
}

#[test]
fn ways_that_become_longer_and_shorter_are_kept_full() {
    for (period, longer) in [(300, 100), (3000, 300), (10_000, 300)] {
        let habits = Habits { sways: Some((ms(period), ms(longer))), ..PLAIN };
        let (of_seeds, of_line) = (rate(habits, 200.0), rate(habits, 40.0));
        // Two thirds of what there is where the way is twelve times as long half of the time.
        assert!(of_seeds > 5.2, "{habits:?}: {of_seeds} of 8 MB/s that the seeds bring");
        assert!(of_line > 3.8, "{habits:?}: {of_line} of 5 MB/s that the line brings");
    }
}

#[test]
fn who_sends_seldom_is_kept_busy_meanwhile() {
    for (every, least) in [(50, 7.0), (250, 6.5), (500, 3.5)] {
        let habits = Habits { gulps: Some(ms(every)), ..PLAIN };
        let rate = rate(habits, 200.0);
        assert!(rate > least, "{habits:?}: {rate} of 8 MB/s, some of it in the time that it takes to learn");
    }
}

#[test]
fn interest_lasts_for_a_while_after_nothing_is_wanted_and_comes_back_with_the_reader() {
    let mut world = World::new(ms(60), 1 << 20, 100.0 * MEGABIT, seeds(&[(3, 20, 2000, PLAIN)]));
    world.head = vec![Target { pieces: 0..4, due: Duration::ZERO }];
    let end = world.until(0..4);
    world.aim(Vec::new());
    let open_at = |world: &mut World, time: Duration| {
        while world.now < time {
            world.step();
        }
        world.seeds.iter().filter(|seed| seed.open).count()
    };
    assert_eq!(open_at(&mut world, end + ms(58_000)), 3, "players pause and go on");
    assert_eq!(open_at(&mut world, end + ms(63_000)), 0, "and others want the places, too");
    let begin = world.now;
    world.aim(vec![Target { pieces: 9..10, due: Duration::ZERO }]);
    assert!(world.until(9..10) - begin < ms(400), "1 MiB takes 175 ms and two round trips");
}

#[test]
fn who_had_nothing_to_do_because_nothing_was_wanted_is_not_asked_for_more_ahead() {
    let mut world = World::new(ms(2), 1 << 20, 400.0 * MEGABIT, seeds(&[(6, 1, 25_000, PLAIN)]));
    let wish = |pieces: std::ops::Range<u32>| vec![Target { pieces, due: Duration::ZERO }];
    world.head = wish(0..1);
    for piece in 0..60 {
        world.until(piece..piece + 1);
        world.aim(wish(piece + 1..piece + 2));
    }
    world.aim(wish(100..130));
    world.until(100..101);
    let begin = world.now;
    world.aim(wish(200..230));
    let time = world.until(200..201) - begin;
    assert!(time < ms(40), "{time:?}: what is under way takes the line some milliseconds, and a piece 21");
}
