//! A request that waits for its turn, and its credentials, which may end meanwhile.

use std::time::Duration;

use tokio::time::Instant;

use super::Prepared;
use crate::declarative::auth::{Authenticator, Holder};
use crate::declarative::budget::Budget;
use crate::declarative::env::Env;
use crate::declarative::request::{Ask, Requester};
use crate::declarative::turns::{Ticket, Turn};
use crate::fault::Fault;

/// A request that is younger is sent as it is. Made anew after every moment of waiting, each one would be made twice where
/// there is a line, and would sign in twice where each one signs in.
const YOUNG: Duration = Duration::from_secs(1);

/// A request before it goes out.
pub struct Draft {
    pub request: Prepared,
    age: Age,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    MadeAt(Instant),
    /// Since it was sent there was a wait, and perhaps a refusal.
    Sent,
}

impl Draft {
    pub fn new(request: Prepared) -> Self {
        Self {
            request,
            age: Age::MadeAt(Instant::now()),
        }
    }

    /// Whether what it shows may have ended since. Credentials that do not end by themselves are as good as they were.
    fn is_stale(&self, auth: &Authenticator) -> bool {
        match self.age {
            Age::MadeAt(moment) => auth.ends() && moment.elapsed() >= YOUNG,
            Age::Sent => true,
        }
    }
}

impl Requester {
    /// Waits for the request's turn. Where that takes long, or the request went out before, it is made anew: credentials
    /// may stand in its address and its body, too.
    pub(super) async fn turn(
        &self,
        draft: &mut Draft,
        place: Option<Ticket>,
        holder: Holder,
        ask: &Ask<'_>,
        env: &Env,
    ) -> Result<Turn, Fault> {
        let turn = match place {
            // Seldom, and the future of every read would hold it.
            Some(place) => Box::pin(Budget::readmit(&place, env)).await?,
            None => {
                let admitted = env.budget.admit(&draft.request, holder, &self.name, env);
                admitted.await?
            }
        };
        if draft.is_stale(&self.auth) {
            // As seldom.
            draft.request = Box::pin(self.build(ask, env)).await?;
        }
        draft.age = Age::Sent;
        Ok(turn)
    }
}
