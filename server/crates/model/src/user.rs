//! People: what a profile page and a session list show, and the rules for what they type.

use serde::{Deserialize, Serialize};

use crate::{FieldError, SessionId, TenantId, TenantState, UserId};

/// Shortest password that is accepted; strength is judged beyond that.
pub const MIN_PASSWORD: usize = 10;
/// Longest password: bounds the work of hashing.
pub const MAX_PASSWORD: usize = 256;

/// What a member may do inside a tenant, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    Operator,
    Viewer,
}

impl Role {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Viewer => "viewer",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Admin, Self::Operator, Self::Viewer]
            .into_iter()
            .find(|role| role.name() == text)
    }
}

/// The person behind the current session, with the tenant they look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Me {
    pub user: UserId,
    pub email: String,
    pub email_verified: bool,
    pub platform_admin: bool,
    /// Absent only for a platform admin who belongs to no tenant.
    pub tenant: Option<Membership>,
}

/// A person's place in one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct Membership {
    pub tenant: TenantId,
    pub tenant_name: String,
    pub tenant_state: TenantState,
    pub role: Role,
}

/// One signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct SessionView {
    pub id: SessionId,
    /// Is this the browser that asks?
    pub current: bool,
    /// Short words from the user agent: "Chromium on Linux".
    pub device: String,
    pub ip: String,
    /// RFC 3339, UTC.
    pub signed_in_at: String,
    pub last_seen_at: String,
}

/// What the sign-up form posts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(utoipa::ToSchema))]
pub struct SignUp {
    pub email: String,
    pub company: String,
    pub password: String,
}

/// Checks an e-mail address as far as its form goes; the code sent to it proves the rest.
pub fn check_email(text: &str) -> Result<(), FieldError> {
    let text = text.trim();
    let shape = text.len() <= 254
        && !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.len() <= 64
                && !domain.contains('@')
                && domain.contains('.')
                && domain.split('.').all(|label| !label.is_empty())
        });
    if shape {
        Ok(())
    } else {
        Err(FieldError::new(
            "email",
            "Enter an e-mail address such as ana@example.com.",
        ))
    }
}

/// Checks a company name: something to show, one line, not longer than a heading.
pub fn check_company(text: &str) -> Result<(), FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FieldError::new(
            "company",
            "Enter the name of your company or project.",
        ));
    }
    if text.chars().count() > 80 || text.contains(char::is_control) {
        return Err(FieldError::new(
            "company",
            "Use at most 80 characters on one line.",
        ));
    }
    Ok(())
}

/// Checks a password's length; `hub` judges its strength.
pub fn check_password_length(text: &str) -> Result<(), FieldError> {
    let length = text.chars().count();
    if length < MIN_PASSWORD {
        return Err(FieldError::new(
            "password",
            format!("Use at least {MIN_PASSWORD} characters."),
        ));
    }
    if length > MAX_PASSWORD {
        return Err(FieldError::new(
            "password",
            format!("Use at most {MAX_PASSWORD} characters."),
        ));
    }
    Ok(())
}
