//! The REST API as a program meets it.

mod document;
mod wall;
