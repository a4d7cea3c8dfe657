//! Signing up, and the six digits that prove the address.

use std::time::Duration;

use model::{SignUp, TenantId, UserId, check_company, check_email};
use seal::token;
use sqlx::PgConnection;
use store::{
    accounts::{self as rows, Claim},
    ids::Id,
    rate_limits::Limit,
};

use super::{HOUR, QUARTER, count, count_address, note_in};
use crate::{Actor, Client, Error, Hub, mail::Letter, passwords, tenants};

const CODE_MINUTES: i64 = 15;
const CODE_LIFE: Duration = Duration::from_mins(15);
const CODE_ATTEMPTS: i32 = 5;

const SIGN_UPS_PER_ADDRESS: Limit = Limit {
    bucket: "sign-up/address",
    most: 30,
    window: HOUR,
};
const SIGN_UPS_PER_ACCOUNT: Limit = Limit {
    bucket: "sign-up/account",
    most: 5,
    window: HOUR,
};
const CODES_PER_CLAIM: Limit = Limit {
    bucket: "code/claim",
    most: 5,
    window: HOUR,
};
const CODE_TRIES: Limit = Limit {
    bucket: "code-try/claim",
    most: 20,
    window: QUARTER,
};

/// What a sign-up came to. `user` names the claim that waits for its code; once [`verify_email`] has taken it, sign the
/// browser in with the person that it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewAccount {
    pub user: UserId,
    pub tenant: TenantId,
}

/// Makes the person and their workspace, starts preparing it, and sends the code. An address that has an account gets a
/// mail that says so; the answer here looks the same.
pub async fn sign_up(hub: &Hub, form: SignUp, client: &Client) -> Result<NewAccount, Error> {
    check(&form)?;
    count_address(hub, SIGN_UPS_PER_ADDRESS, client).await?;
    count(hub, SIGN_UPS_PER_ACCOUNT, &rows::email_key(&form.email)).await?;
    let SignUp {
        email,
        company,
        password,
    } = form;
    let hash = hub.passwords().hash(&password).await?;
    let known = match find(hub, &email).await? {
        Some(person) => person,
        None => match make(hub, &email, &company, &hash, client).await {
            // Two tabs sent the form: the other one was first.
            Err(Error::Conflict(_)) => find(hub, &email).await?.ok_or(Error::NotFound)?,
            other => return other,
        },
    };
    let claim = UserId::fresh();
    if known.verified_at.is_some() {
        claim_for_nobody(hub, claim, &known.email).await?;
    } else {
        // Never proven, so nobody's yet. The new password counts only with the new code.
        send_code(hub, claim, known.id, &known.email, Some(hash)).await?;
    }
    Ok(NewAccount {
        user: claim,
        tenant: TenantId::fresh(),
    })
}

async fn find(hub: &Hub, email: &str) -> Result<Option<rows::User>, Error> {
    let mut conn = hub.store().pool.acquire().await?;
    Ok(rows::find_by_email(&mut conn, email).await?)
}

fn check(form: &SignUp) -> Result<(), Error> {
    let errors: Vec<_> = [
        check_email(&form.email),
        check_company(&form.company),
        passwords::judge(&form.password, &[&form.email, &form.company]),
    ]
    .into_iter()
    .filter_map(Result::err)
    .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid(errors))
    }
}

async fn make(
    hub: &Hub,
    email: &str,
    company: &str,
    hash: &str,
    client: &Client,
) -> Result<NewAccount, Error> {
    let mut tx = hub.store().platform().await?;
    let account = found(hub, &mut tx, email, company, hash, client).await?;
    tx.commit().await?;
    send_code(hub, account.user, account.user, email, None).await?;
    Ok(account)
}

/// A person whose address is yet to be proven, and their workspace.
pub(super) async fn found(
    hub: &Hub,
    conn: &mut PgConnection,
    email: &str,
    company: &str,
    hash: &str,
    client: &Client,
) -> Result<NewAccount, Error> {
    let (user, now) = (UserId::fresh(), hub.clock().now());
    rows::insert(conn, user, email, hash, rows::Kind::Member, now).await?;
    note_in(hub, conn, user, client, "account.sign_up", email).await?;
    let tenant = tenants::found(hub, conn, company, user, Actor::User(user), client).await?;
    Ok(NewAccount { user, tenant })
}

async fn send_code(
    hub: &Hub,
    id: UserId,
    user: UserId,
    email: &str,
    password_hash: Option<String>,
) -> Result<(), Error> {
    let (code, now) = (token::code(), hub.clock().now());
    let claim = Claim {
        id,
        user: Some(user),
        email: email.to_owned(),
        password_hash,
        code_hash: code_hash(id, &code).to_vec(),
        attempts: 0,
        expires_at: now + CODE_LIFE,
    };
    let mut conn = hub.store().pool.acquire().await?;
    rows::put_claim(&mut conn, &claim).await?;
    drop(conn);
    hub.mail()
        .send(email, Letter::code(&code, CODE_MINUTES), now)
        .await;
    Ok(())
}

/// A claim whose code nobody has: it waits like the others, while the owner of the address hears of it by mail.
async fn claim_for_nobody(hub: &Hub, id: UserId, email: &str) -> Result<(), Error> {
    let now = hub.clock().now();
    let claim = Claim {
        id,
        user: None,
        email: email.to_owned(),
        password_hash: None,
        code_hash: token::bytes::<32>().to_vec(),
        attempts: 0,
        expires_at: now + CODE_LIFE,
    };
    let mut conn = hub.store().pool.acquire().await?;
    rows::put_claim(&mut conn, &claim).await?;
    drop(conn);
    hub.mail()
        .send(email, Letter::already_have_account(hub.public_url()), now)
        .await;
    Ok(())
}

/// A million codes are few: the claim's id keeps one table of hashes from serving all.
fn code_hash(claim: UserId, code: &str) -> [u8; 32] {
    token::hash(&format!("{claim}/{code}"))
}

/// Takes the code for a claim; the answer is the person to sign in.
pub async fn verify_email(
    hub: &Hub,
    claim: UserId,
    code: &str,
    client: &Client,
) -> Result<UserId, Error> {
    count(hub, CODE_TRIES, &claim.to_string()).await?;
    let code: String = code.chars().filter(char::is_ascii_digit).collect();
    let now = hub.clock().now();
    let wrong = || {
        Error::field(
            "code",
            "This code is wrong. Look at the newest mail, or ask for another code.",
        )
    };
    let found = {
        // Counted for good, whatever becomes of the rest.
        let mut conn = hub.store().pool.acquire().await?;
        rows::attempt_claim(&mut conn, claim).await?
    };
    let found = found.ok_or_else(wrong)?;
    if found.expires_at <= now || found.attempts > CODE_ATTEMPTS {
        return Err(Error::field(
            "code",
            "This code no longer works. Ask for another one.",
        ));
    }
    if !token::same(&code_hash(claim, &code), &found.code_hash) {
        return Err(wrong());
    }
    let user = found.user.ok_or_else(wrong)?;
    let mut tx = hub.store().platform().await?;
    if let Some(hash) = &found.password_hash {
        rows::set_password(&mut tx, user, hash, now).await?;
    }
    rows::mark_verified(&mut tx, user, now).await?;
    rows::remove_claims(&mut tx, user).await?;
    note_in(hub, &mut tx, user, client, "account.verify", "").await?;
    tx.commit().await?;
    Ok(user)
}

/// Sends another code. What a claim to nobody gets looks the same.
pub async fn resend_code(hub: &Hub, claim: UserId) -> Result<(), Error> {
    count(hub, CODES_PER_CLAIM, &claim.to_string()).await?;
    let mut conn = hub.store().pool.acquire().await?;
    let found = rows::find_claim(&mut conn, claim).await?;
    let (user, password_hash) = match found {
        Some(Claim {
            user: None, email, ..
        }) => {
            drop(conn);
            return claim_for_nobody(hub, claim, &email).await;
        }
        Some(Claim {
            user: Some(user),
            password_hash,
            ..
        }) => (user, password_hash),
        // Signed in before proving the address: the person's own id is the claim.
        None => (claim, None),
    };
    let person = rows::get(&mut conn, user).await?;
    drop(conn);
    if person.verified_at.is_some() {
        return Ok(());
    }
    send_code(hub, claim, user, &person.email, password_hash).await
}
