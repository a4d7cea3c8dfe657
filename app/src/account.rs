//! Accounts: sign-up, the code from the mail, sign-in, and a new password.

pub mod api;
#[cfg(feature = "ssr")]
pub mod elsewhere;
mod forgotten;
mod joining;
mod logins;
mod narrow;
mod new_password;
mod reset;
mod sign_in;
mod sign_up;
mod verify;

pub use forgotten::Forgotten;
pub use joining::JoinPage;
pub use new_password::NewPasswordPage;
pub use reset::ResetPage;
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;
pub use verify::VerifyPage;
