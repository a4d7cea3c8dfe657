//! The end of a run: the verdict, the receipts, the connection's state, and what apps may read, in one transaction.

use model::{Class, Route, Rule, RunState, StreamReceipt, TenantId};
use queue::JobContext;
use sqlx::PgConnection;
use store::{
    connections::{self, Connection},
    decisions::{self, New, Step},
    runs::{self, Outcome, Work},
    streams,
};

use super::{
    judge::Verdict,
    tries::{proves_sign_in, went_around},
};
use crate::{
    Error, Hub,
    connections::state::needs_person,
    route::{Way, class},
    tenants, webhooks,
};

/// What is told beside a refused sign-in while rows come all the same.
const INSTEAD: &str = " The last run went through Airbyte instead.";

/// What ends, with the decision that ended it if there was one.
pub(super) struct End<'a> {
    pub hub: &'a Hub,
    pub job: &'a JobContext,
    pub tenant: TenantId,
    pub work: &'a Work,
    pub verdict: Verdict,
    pub receipts: Vec<StreamReceipt>,
    /// The run's decisions so far.
    pub steps: &'a [Step],
    /// Whether the source has a direct way.
    pub direct: Way,
    /// Nothing more is tried, by this rule.
    pub stop: Option<Rule>,
}

impl End<'_> {
    pub(super) async fn write(self) -> Result<(), Error> {
        let (hub, tenant, id) = (self.hub, self.tenant, self.work.id);
        let now = hub.clock().now();
        let tables: Vec<String> = self
            .receipts
            .iter()
            .map(|receipt| receipt.table.clone())
            .collect();
        // Before the run is over on any page: whoever sees it green can read the rows.
        crate::apps::grant_readers(hub, tenant, &tables).await?;
        let mut tx = hub.store().tenant(tenant).await?;
        self.job.hold(&mut tx).await?;
        if let Some(rule) = self.stop {
            let n = self.steps.last().map_or(1, |step| step.n + 1);
            let new = New {
                n,
                rule,
                route: None,
                not_before: None,
                at: now,
            };
            decisions::insert(&mut tx, tenant, id, new, None).await?;
        }
        let outcome = Outcome {
            problem: self.verdict.problem.as_deref(),
            problem_kind: self.verdict.kind,
            raw: self.verdict.raw.as_deref(),
        };
        match runs::finish(&mut tx, tenant, id, self.verdict.state, &outcome, now).await {
            Err(store::Error::Stale) => return Ok(()),
            other => other?,
        }
        webhooks::after_run(&mut tx, tenant, self.work.connection).await?;
        for receipt in &self.receipts {
            runs::put_receipt(&mut tx, tenant, id, receipt).await?;
            if receipt.verified {
                let stream = (
                    receipt.namespace.as_deref().unwrap_or_default(),
                    receipt.name.as_str(),
                );
                let (connection, rows) = (self.work.connection, receipt.table_rows);
                streams::landed(&mut tx, tenant, connection, stream, rows, now).await?;
            }
        }
        if self.verdict.state != RunState::Cancelled {
            self.note_problem(&mut tx).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn note_problem(&self, conn: &mut PgConnection) -> Result<(), Error> {
        let (tenant, id) = (self.tenant, self.work.connection);
        let before = connections::lock_to_note(conn, tenant, id).await?;
        let directly = decisions::refused_directly(conn, tenant, id, self.work.id).await?;
        let problem = self.problem(&before, directly);
        let problem = problem.as_ref().map(|(kind, text)| (*kind, text.as_str()));
        Ok(connections::set_problem(conn, tenant, id, problem).await?)
    }

    /// What the connection needs of a person: also where the rows came another way in the end, now or in an earlier run.
    fn problem(&self, before: &Connection, directly: bool) -> Option<(&'static str, String)> {
        let own = self.verdict.kind.zip(self.verdict.problem.clone());
        let found = own.or_else(|| {
            let refused = went_around(self.steps)?;
            let why = refused.problem.as_deref().unwrap_or_default();
            Some((class::problem_kind(Class::Auth), format!("{why}{INSTEAD}")))
        });
        match found {
            Some((kind, why)) if needs_person(kind) => Some((kind, why)),
            other => self.refused_before(before, directly).or(other),
        }
    }

    /// A sign-in that was refused earlier, as long as nothing shows that it is accepted again. Of one that was refused
    /// `directly`, rows that came through Airbyte show nothing; of any other, they do.
    fn refused_before(
        &self,
        before: &Connection,
        directly: bool,
    ) -> Option<(&'static str, String)> {
        let auth = class::problem_kind(Class::Auth);
        let why = before.problem.as_deref()?;
        if before.problem_kind.as_deref() != Some(auth) {
            return None;
        }
        let came = self.verdict.state != RunState::Failed;
        if came && (!directly || proves_sign_in(self.steps, self.direct)) {
            return None;
        }
        let why = why.trim_end_matches(INSTEAD);
        let instead = if came { INSTEAD } else { "" };
        Some((auth, format!("{why}{instead}")))
    }
}

/// Rows of the tables that a sync elsewhere has written: only the database knows them.
pub(super) async fn count(
    hub: &Hub,
    tenant: TenantId,
    receipts: &mut [StreamReceipt],
) -> Result<(), Error> {
    let mut reader = tenants::reader(hub, tenant).await?;
    for receipt in receipts.iter_mut().filter(|receipt| receipt.verified) {
        receipt.table_rows = reader.count(&receipt.table).await?;
    }
    Ok(())
}

pub(super) fn stopped_before() -> Verdict {
    Verdict {
        state: RunState::Cancelled,
        problem: Some("Stopped on request before it began. Nothing was read.".to_owned()),
        kind: None,
        raw: None,
        streams: Vec::new(),
    }
}

/// A run that ends without the engine having said anything.
pub(super) fn failed(kind: &'static str, why: String) -> Verdict {
    Verdict {
        state: RunState::Failed,
        problem: Some(why),
        kind: Some(kind),
        raw: None,
        streams: Vec::new(),
    }
}

/// Where both ways failed, both are told.
pub(super) fn both(verdict: &mut Verdict, steps: &[Step]) {
    let told = |route| {
        let last = steps.iter().rev().find(|step| step.route == Some(route))?;
        Some((last.class, last.problem.as_deref()?))
    };
    if let (Some((_, direct)), Some((class, airbyte))) = (told(Route::Direct), told(Route::Airbyte))
    {
        // Airbyte's own words may say little: those for the kind of failure stand before them.
        let kind = class.map_or_else(String::new, |class| format!("{}. ", class.label()));
        verdict.problem = Some(format!(
            "Directly: {direct} Through Airbyte: {kind}{airbyte}"
        ));
    }
}
