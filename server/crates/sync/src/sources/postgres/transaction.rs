//! The transaction in which everything is asked. A pooler hands its connection to the database to the customer's own
//! application as soon as a transaction is over, as it was left (PgBouncer does, and with it Supabase and Neon): what is set
//! is set for this transaction alone, nothing is asked outside of it, and no statement has a name.

use tokio_postgres::{Client, Error};

use super::errors;
use crate::fault::Fault;

/// One snapshot for all tables, so that what is read together belongs together; nothing changed on the server; one way of
/// writing values; no hurry when the destination is slow, and no waiting for locks of others.
const BEGIN: &str = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL TimeZone = 'UTC'; \
     SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL search_path = ''; \
     SET LOCAL standard_conforming_strings = on; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'; \
     SET LOCAL idle_in_transaction_session_timeout = 0";

/// Lets the server notice in the middle of a query that we are gone.
const NOTICE_HANG_UP: &str = "SET LOCAL client_connection_check_interval = '2s'";

/// To be asked right after the login, and after each [`end`] that is not the last.
pub async fn begin(client: &Client) -> Result<(), Fault> {
    run(client, BEGIN).await?;
    // Servers before version 14 do not know it, some systems cannot do it: those find out at the next row.
    attempt(client, client.batch_execute(NOTICE_HANG_UP)).await?;
    Ok(())
}

/// Takes everything back, so that nothing is left for whoever gets the connection next. It may fail: then the server does
/// the same when the connection breaks.
pub async fn end(client: &Client) {
    let _ = client.batch_execute("ROLLBACK").await;
}

/// Asks what the server may refuse without ending the transaction. `None`: it was refused.
pub async fn attempt<T>(
    client: &Client,
    asked: impl Future<Output = Result<T, Error>>,
) -> Result<Option<T>, Fault> {
    run(client, "SAVEPOINT attempt").await?;
    let answer = asked.await.ok();
    let back = if answer.is_some() {
        "RELEASE SAVEPOINT attempt"
    } else {
        "ROLLBACK TO SAVEPOINT attempt"
    };
    run(client, back).await?;
    Ok(answer)
}

/// Says something whose answer does not matter.
pub async fn run(client: &Client, sql: &str) -> Result<(), Fault> {
    let said = client.batch_execute(sql).await;
    said.map_err(|error| errors::query(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::postgres::whole;

    #[test]
    fn no_setting_outlives_the_transaction() {
        let mut begun = BEGIN.split("; ");
        assert!(begun.next().unwrap().ends_with(" READ ONLY"));
        let others = [NOTICE_HANG_UP, whole::IN_ORDER, whole::IN_ANY_ORDER];
        for setting in begun.chain(others.iter().flat_map(|said| said.split("; "))) {
            assert!(setting.starts_with("SET LOCAL "), "{setting}");
        }
    }
}
