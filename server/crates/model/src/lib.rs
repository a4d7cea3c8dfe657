//! Ids, states, views and validation that the browser and the server share.
//!
//! Pure data: no IO, no async, no SQL, no clock. Times are RFC 3339 texts, because date libraries are too heavy for
//! the browser.

mod admin;
mod app;
mod connection;
mod consent;
mod field;
mod form;
mod ids;
pub mod integration;
mod key;
mod link;
mod own;
mod page;
mod profile;
mod recommendation;
mod rehearsal;
mod route;
mod run;
mod stream;
mod tenant;
mod user;
mod webhook;

pub use admin::*;
pub use app::*;
pub use connection::*;
pub use consent::*;
pub use field::FieldError;
pub use form::{
    Branch, ChoiceOption, Control, Field, Form, FormState, Section, SignIn, SignInState,
};
pub use ids::*;
pub use integration::*;
pub use key::*;
pub use link::*;
pub use own::*;
pub use page::Page;
pub use profile::*;
pub use recommendation::*;
pub use rehearsal::*;
pub use route::*;
pub use run::*;
pub use stream::*;
pub use tenant::*;
pub use user::*;
pub use webhook::*;
