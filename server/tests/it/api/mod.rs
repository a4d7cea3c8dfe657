//! The REST API as a program meets it, and the server functions as a stranger does.

mod admission;
mod answers;
mod bodies;
mod columns;
mod docs;
mod document;
mod functions;
mod mistakes;
mod overload;
mod pages;
mod unknown;
mod wall;
