//! Accounts: sign-up, the code from the mail, sign-in, and a new password.

pub mod api;
mod narrow;
mod new_password;
mod reset;
mod sign_in;
mod sign_up;
mod verify;

pub use new_password::NewPasswordPage;
pub use reset::ResetPage;
pub use sign_in::SignInPage;
pub use sign_up::SignUpPage;
pub use verify::VerifyPage;
