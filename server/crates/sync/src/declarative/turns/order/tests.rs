use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::burst::MOST_OWED;
use super::*;
use crate::declarative::budget::Rate;
use crate::declarative::manifest::Node;

fn party(number: u8) -> Uuid {
    Uuid::from_u128(u128::from(number) + 1)
}

fn moving(limit: u64, seconds: u64) -> Rate {
    let policy = json!({
        "type": "MovingWindowCallRatePolicy",
        "rates": [{"limit": limit, "interval": format!("PT{seconds}S")}],
    });
    Rate::read(&Node::new(&policy, "policy").unwrap()).unwrap()
}

/// A line with the requests of some parties, at a time of its own.
struct World {
    order: Order,
    now: Instant,
    /// Whose the waiting tickets are.
    tickets: BTreeMap<u64, u8>,
    served: BTreeMap<u8, u64>,
}

impl World {
    fn new(rate: Rate) -> Self {
        Self {
            order: Order::new(rate),
            now: Instant::now(),
            tickets: BTreeMap::new(),
            served: BTreeMap::new(),
        }
    }

    fn join(&mut self, number: u8, weight: u64) -> u64 {
        let ticket = self.order.join(party(number), weight, self.now);
        self.tickets.insert(ticket, number);
        ticket
    }

    /// Lets the next request out, once its time has come. Nothing when nobody waits.
    fn next(&mut self) -> Option<(u8, Pass)> {
        let ticket = self.order.next()?;
        loop {
            match self.order.poll(ticket, self.now) {
                Step::Go(pass) => {
                    let number = self.tickets.remove(&ticket)?;
                    *self.served.entry(number).or_default() += pass.weight;
                    return Some((number, pass));
                }
                Step::At(at) | Step::Closed(at) => {
                    assert!(at > self.now, "time stands still");
                    self.now = at;
                }
                Step::Behind => panic!("the next one is never behind"),
            }
        }
    }

    /// The server refuses what went out.
    fn refuse(&mut self, number: u8, pass: Pass, until: Instant) {
        *self.served.get_mut(&number).unwrap() -= pass.weight;
        self.order.refused(pass, until);
        self.order.rejoin(pass, self.now);
        self.tickets.insert(pass.ticket, number);
    }

    fn of(&self, number: u8) -> u64 {
        self.served.get(&number).copied().unwrap_or_default()
    }
}

proptest! {
    /// Whoever has requests waiting is never behind anybody else by more than one request, however many the others have.
    #[test]
    fn parties_that_wait_are_served_alike(
        crowds in prop::collection::vec(1_usize..60, 2..6),
        weights in prop::collection::vec(1_u64..5, 1..8),
        limit in 1_u64..30,
    ) {
        let mut world = World::new(moving(limit.max(5), 1));
        let mut weights = weights.into_iter().cycle();
        let most = 4;
        for (number, crowd) in (0..).zip(&crowds) {
            for _ in 0..*crowd {
                world.join(number, weights.next().unwrap());
            }
        }
        for _ in 0..200 {
            let (number, _) = world.next().unwrap();
            // It asks again at once.
            world.join(number, weights.next().unwrap());
            let all: Vec<u64> = (0..).zip(&crowds).map(|(number, _)| world.of(number)).collect();
            let (least, best) = (all.iter().min().unwrap(), all.iter().max().unwrap());
            prop_assert!(best - least <= most, "{all:?}");
        }
    }

    /// However requests come and go, the rate is kept, and everybody who stays is served.
    #[test]
    fn nobody_is_forgotten_and_the_rate_is_kept(
        steps in prop::collection::vec((0_u8..5, 0_u8..4, 0_u64..300), 1..120),
        limit in 1_u64..10,
    ) {
        let mut world = World::new(moving(limit, 1));
        let mut gone = Vec::new();
        for (number, what, pause) in steps {
            world.now += Duration::from_millis(pause);
            match what {
                0 | 1 => {
                    world.join(number, 1);
                }
                2 => {
                    if let Some((ticket, _)) = world.tickets.pop_first() {
                        world.order.leave(ticket);
                    }
                }
                _ => gone.extend(world.next().map(|_| world.now)),
            }
        }
        let waiting = world.tickets.len();
        let mut let_out = 0;
        while world.next().is_some() {
            let_out += 1;
            gone.push(world.now);
        }
        prop_assert_eq!(waiting, let_out);
        let limit = usize::try_from(limit).unwrap();
        for window in gone.windows(limit + 1) {
            prop_assert!(window[limit] - window[0] >= Duration::from_secs(1));
        }
    }

    /// Refusals delay, and never lose or favour anybody.
    #[test]
    fn refusals_close_the_line_for_all(
        refusals in prop::collection::vec(any::<bool>(), 1..60),
        crowd in 2_u64..40,
    ) {
        let mut world = World::new(Rate::Unlimited);
        for _ in 0..crowd {
            world.join(0, 1);
        }
        world.join(1, 1);
        for refused in refusals {
            let before = world.now;
            let (number, pass) = world.next().unwrap();
            if refused {
                world.refuse(number, pass, before + Duration::from_secs(3));
                let next = world.order.next().unwrap();
                let closed = matches!(world.order.poll(next, world.now), Step::Closed(_));
                prop_assert!(closed || world.now >= before + Duration::from_secs(3));
                let others = world.tickets.iter().filter(|(_, other)| **other == number);
                prop_assert!(others.min().is_some_and(|(first, _)| *first == pass.ticket));
            } else {
                world.join(number, 1);
                world.order.served();
            }
            prop_assert!(world.of(0).abs_diff(world.of(1)) <= 1);
        }
    }
}

/// Forty syncs of one party beside one of another, each with two requests at a time and 20 ms from one to the next.
#[test]
fn one_sync_gets_its_share_beside_forty() {
    const LATENCY: Duration = Duration::from_millis(20);
    for rate in [moving(20, 1), moving(75, 5), moving(3, 1)] {
        let mut world = World::new(rate);
        let mut coming: Vec<(Instant, u8)> = Vec::new();
        let begun = world.now;
        coming.extend([(begun, 0); 80]);
        coming.extend([(begun, 1); 2]);
        while world.now < begun + Duration::from_mins(1) {
            coming.sort_unstable();
            let due = coming.partition_point(|(at, _)| *at <= world.now);
            for (_, number) in coming.drain(..due) {
                world.join(number, 1);
            }
            let ticket = world.order.next().unwrap();
            match world.order.poll(ticket, world.now) {
                Step::Go(_) => {
                    let number = world.tickets.remove(&ticket).unwrap();
                    *world.served.entry(number).or_default() += 1;
                    coming.push((world.now + LATENCY, number));
                }
                Step::At(at) => {
                    let next = coming.iter().map(|(at, _)| *at).min();
                    world.now = next.map_or(at, |next| next.min(at));
                }
                step => panic!("{step:?}"),
            }
        }
        let (many, one) = (world.of(0), world.of(1));
        assert!(one * 10 >= many * 9 && many > 0, "{one} beside {many}");
    }
}

#[test]
fn a_party_alone_uses_its_window_at_once_and_a_new_one_is_next() {
    let mut world = World::new(moving(50, 10));
    let begun = world.now;
    for _ in 0..60 {
        world.join(0, 1);
    }
    for _ in 0..50 {
        world.next().unwrap();
    }
    assert_eq!(world.now, begun, "nothing is spread for one party");
    // Who comes later neither waits behind the others' ten nor is owed what it did not ask for.
    for _ in 0..10 {
        world.join(1, 1);
    }
    let later: Vec<_> = (0..6).map(|_| world.next().unwrap().0).collect();
    let newcomers = later.into_iter().filter(|number| *number == 1);
    assert_eq!(newcomers.count(), 3);
}

/// One party's burst uses up what nobody knew of, and another's requests are refused: it gets as many before the first has
/// more, whether its syncs wait side by side or ask one after the other.
#[test]
fn a_burst_before_the_first_refusal_is_made_up_for() {
    for syncs in [1, 5] {
        let mut world = World::new(Rate::Unlimited);
        for _ in 0..30 {
            world.join(0, 1);
            world.next().unwrap();
        }
        world.now += Duration::from_millis(100);
        let mut refused = Vec::new();
        for _ in 0..syncs {
            world.join(1, 1);
            refused.push(world.next().unwrap());
        }
        for (number, pass) in refused {
            world.refuse(number, pass, world.now + Duration::from_secs(2));
        }
        for _ in 0..30 {
            world.join(0, 1);
        }
        let mut next = || {
            let (number, _) = world.next().unwrap();
            world.join(number, 1);
            number
        };
        assert!((0..30).all(|_| next() == 1), "{syncs} syncs");
        let ones = (0..10).filter(|_| next() == 1).count();
        assert_eq!(ones, 5, "and then by turns");
    }
}

/// How many requests of another party go out before the next one of the first, which had a burst so long ago.
fn owed(burst: u32, ago: Duration) -> u64 {
    let mut world = World::new(Rate::Unlimited);
    for _ in 0..burst {
        world.join(0, 1);
        world.now += Duration::from_millis(1);
        world.next().unwrap();
    }
    world.now += ago;
    world.join(1, 1);
    let (number, pass) = world.next().unwrap();
    world.refuse(number, pass, world.now + Duration::from_secs(2));
    world.join(0, 1);
    let mut owed = 0;
    while world.next().unwrap().0 == 1 {
        world.join(1, 1);
        owed += 1;
    }
    owed
}

#[test]
fn only_a_burst_of_just_now_is_made_up_for_and_only_in_part_when_it_was_long() {
    assert_eq!(owed(30, Duration::ZERO), 30);
    assert!(owed(30, Duration::from_secs(3)) <= 2);
    assert!(owed(5000, Duration::ZERO) <= MOST_OWED + 2);
}

#[test]
fn a_gap_is_learned_from_refusals_and_wears_off() {
    let mut world = World::new(Rate::Unlimited);
    for _ in 0..400 {
        world.join(0, 1);
    }
    let passes: Vec<Pass> = (0..10).map(|_| world.next().unwrap().1).collect();
    let until = world.now + Duration::from_secs(2);
    for pass in passes {
        world.order.refused(pass, until);
    }
    assert_eq!(world.order.gap, FIRST_GAP, "one closing, not ten");
    world.next().unwrap();
    assert_eq!(world.now, until);
    world.next().unwrap();
    assert_eq!(world.now, until + FIRST_GAP);
    for _ in 0..200 {
        world.order.served();
    }
    assert_eq!(world.order.gap, Duration::ZERO);
}

#[test]
fn refusals_of_the_same_request_teach_nothing_about_the_pace() {
    let mut world = World::new(Rate::Unlimited);
    let refused = |world: &mut World| {
        let (number, pass) = world.next().unwrap();
        world.refuse(number, pass, world.now + Duration::from_secs(10));
        world.order.gap
    };
    world.join(0, 1);
    for _ in 0..5 {
        assert_eq!(refused(&mut world), FIRST_GAP);
    }
    world.order.served();
    assert!(refused(&mut world) > FIRST_GAP, "others got through");
}

#[test]
fn who_is_in_haste_goes_before_all_who_wait_and_its_answer_opens_the_line() {
    let mut world = World::new(Rate::Unlimited);
    world.join(0, 1);
    let (number, pass) = world.next().unwrap();
    let late = world.now + Duration::from_mins(1);
    world.refuse(number, pass, late);
    let hasty = world.join(1, 1);
    let Step::Go(early) = world.order.poll_in_haste(hasty, world.now) else {
        panic!("nothing holds it back");
    };
    assert_eq!(world.order.closed_until(), Some(late));
    assert!(!world.order.reopen(pass), "that one was refused");
    assert!(world.order.reopen(early));
    let (number, _) = world.next().unwrap();
    assert!(number == 0 && world.now < late, "the line is open for all");
}

/// Its quota is the server's own word, and is kept.
#[test]
fn who_is_in_haste_takes_no_more_than_there_is() {
    let mut world = World::new(moving(1, 60));
    world.join(0, 1);
    let (_, pass) = world.next().unwrap();
    world
        .order
        .refused(pass, world.now + Duration::from_secs(5));
    let hasty = world.join(1, 1);
    let step = world.order.poll_in_haste(hasty, world.now);
    assert!(matches!(step, Step::At(_)), "{step:?}");
}

#[test]
fn a_line_is_forgotten_only_when_nothing_is_left_to_remember() {
    let mut world = World::new(moving(5, 60));
    assert!(world.order.is_forgettable(world.now));
    let ticket = world.join(0, 1);
    assert!(!world.order.is_forgettable(world.now));
    world.order.leave(ticket);
    world.join(0, 1);
    let (_, pass) = world.next().unwrap();
    assert!(
        !world
            .order
            .is_forgettable(world.now + Duration::from_secs(50))
    );
    let later = world.now + Duration::from_secs(100);
    world.order.refused(pass, later);
    assert!(!world.order.is_forgettable(later - Duration::from_secs(1)));
    assert!(world.order.is_forgettable(later));
}
