//! Places for requests under way: a full hub says so at once, and no address takes all of them.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Rates, address, refuse};
use crate::api::error::Problem;

/// Requests under way at once. Each waits for one of a few database connections most of its time.
const AT_ONCE: usize = 512;
/// So many of them from one address: more than a browser or a program needs, and who sends slowly leaves room for others.
const AT_ONCE_FROM_ONE: usize = AT_ONCE / 8;
/// The same for deliveries of events, as one sender has those of many customers.
const AT_ONCE_FROM_A_SENDER: usize = AT_ONCE / 2;
/// When to come back to a hub that is full.
const COME_BACK: Duration = Duration::from_secs(2);

/// Places for requests under way, from before their body is read until their answer begins.
#[derive(Clone)]
pub struct Room {
    places: Arc<Semaphore>,
    /// How many each address has. Addresses without one are not in it.
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
    /// How many an address may have. `None`: whoever stands in front of the hub does this.
    share: Option<usize>,
}

/// One of them, given back when it is dropped.
struct Place<'a> {
    room: &'a Room,
    address: Option<IpAddr>,
    _permit: SemaphorePermit<'a>,
}

impl Room {
    /// Addresses have a share where their requests are counted, too: behind a proxy that does this all have one address.
    pub fn new(rates: &Rates) -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            taken: Arc::default(),
            share: rates.0.as_ref().map(|_| AT_ONCE_FROM_ONE),
        }
    }

    /// The same room, for deliveries of events.
    pub fn of_senders(&self) -> Self {
        Self {
            share: self.share.map(|_| AT_ONCE_FROM_A_SENDER),
            ..self.clone()
        }
    }

    /// `None`: there is no place, or this address has its share.
    fn enter(&self, address: Option<IpAddr>) -> Option<Place<'_>> {
        let place = self.places.try_acquire().ok()?;
        let counted = self.share.zip(address);
        if let Some((share, address)) = counted {
            let mut taken = self.taken();
            let has = taken.entry(address).or_default();
            if *has >= share {
                return None;
            }
            *has += 1;
        }
        Some(Place {
            room: self,
            address: counted.map(|(_, address)| address),
            _permit: place,
        })
    }

    fn leave(&self, address: IpAddr) {
        let mut taken = self.taken();
        let has = taken.entry(address).or_default();
        *has = has.saturating_sub(1);
        if *has == 0 {
            taken.remove(&address);
        }
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(address) = self.address {
            self.room.leave(address);
        }
    }
}

/// Refuses what would only stand in line: an answer that says so is worth more than one that comes too late.
pub async fn many(State(room): State<Room>, request: Request, next: Next) -> Response {
    match room.enter(address(&request)) {
        Some(_place) => next.run(request).await,
        None => refuse(&request, "room", Problem::busy(COME_BACK)),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use hub::accounts::line;

    use super::*;

    impl Room {
        pub fn without_places() -> Self {
            Self {
                places: Arc::new(Semaphore::new(0)),
                taken: Arc::default(),
                share: None,
            }
        }
    }

    fn counting() -> Room {
        Room::new(&Rates::new(NonZeroU32::new(1)))
    }

    #[test]
    fn one_address_has_its_share_of_the_room_and_others_the_rest() {
        let room = counting();
        let enter = |ip: &str| room.enter(line(ip));
        let hers: Vec<_> = (0..AT_ONCE_FROM_ONE)
            .map(|host| enter(&format!("2001:db8:1:2::{host:x}")))
            .collect();
        assert!(hers.iter().all(Option::is_some));
        assert!(enter("2001:db8:1:2:ffff::1").is_none(), "it has its share");
        assert!(enter("2001:db8:1:3::1").is_some());
        let senders = room.of_senders();
        assert!(
            senders.enter(line("2001:db8:1:2::1")).is_some(),
            "a sender may have more"
        );
        drop(hers);
        assert!(enter("2001:db8:1:2::1").is_some(), "it gave them back");
        assert!(room.taken().is_empty(), "nobody is remembered who left");
    }

    #[test]
    fn where_no_address_is_counted_one_may_have_the_whole_room() {
        let room = Room::new(&Rates::new(None));
        let all: Vec<_> = (0..AT_ONCE)
            .map(|_| room.enter(line("203.0.113.9")))
            .collect();
        assert!(all.iter().all(Option::is_some));
        assert!(room.enter(line("203.0.113.10")).is_none());
    }
}
