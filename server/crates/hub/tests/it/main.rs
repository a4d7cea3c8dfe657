//! Flows of the hub with real databases and the real engine: from a form to rows to a bundle.

mod apps;
mod connecting;
mod running;
mod wall;
mod world;
