//! Stories of the product from outside.

mod first_hour;
mod interruptions;
mod operators;
