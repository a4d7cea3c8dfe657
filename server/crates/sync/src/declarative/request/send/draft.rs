//! A request that waits for its turn, and its credentials, which may end meanwhile.

use super::Prepared;
use crate::declarative::auth::Authenticator;
use crate::declarative::budget::{Admitted, Budget};
use crate::declarative::env::Env;
use crate::declarative::request::{Ask, Requester};
use crate::declarative::turns::{Ticket, Turn};
use crate::fault::Fault;

/// A request before it goes out.
pub struct Draft {
    pub request: Prepared,
    credentials: Credentials,
}

/// Whether what the request shows may have ended since it was put on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Credentials {
    Fresh,
    Aged,
}

impl Draft {
    pub const fn new(request: Prepared) -> Self {
        Self {
            request,
            credentials: Credentials::Fresh,
        }
    }

    /// Something was waited for. Credentials that do not end by themselves are as good as they were.
    pub fn has_waited(&mut self, auth: &Authenticator) {
        if auth.ends() {
            self.credentials = Credentials::Aged;
        }
    }
}

impl Requester {
    /// Waits for the request's turn. Where that takes time, or the request went out before, it is made anew: credentials
    /// may stand in its address and its body, too.
    pub(super) async fn turn(
        &self,
        draft: &mut Draft,
        place: Option<Ticket>,
        ask: &Ask<'_>,
        env: &Env,
    ) -> Result<Turn, Fault> {
        let turn = match place {
            // Seldom, and the future of every read would hold it.
            Some(place) => Box::pin(Budget::readmit(&place, env)).await?,
            None => {
                let holder = self.holder(env)?;
                let admitted = env.budget.admit(&draft.request, holder, &self.name, env);
                match admitted.await? {
                    Admitted::AtOnce(turn) => turn,
                    Admitted::Later(turn) => {
                        draft.has_waited(&self.auth);
                        turn
                    }
                }
            }
        };
        if draft.credentials == Credentials::Aged {
            // As seldom.
            draft.request = Box::pin(self.build(ask, env)).await?;
        }
        // Before the next try there is a wait, and perhaps a refusal.
        draft.credentials = Credentials::Aged;
        Ok(turn)
    }
}
