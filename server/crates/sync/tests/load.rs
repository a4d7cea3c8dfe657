//! The loader against a real PostgreSQL (`TEST_DATABASE_URL`): what arrives, what is kept, what readers see meanwhile.

#[path = "load/evolution.rs"]
mod evolution;
#[path = "load/faults.rs"]
mod faults;
#[path = "load/generations.rs"]
mod generations;
#[path = "load/modes.rs"]
mod modes;
#[path = "load/names.rs"]
mod names;
#[path = "load/receipts.rs"]
mod receipts;
#[path = "load/replace.rs"]
mod replace;
#[path = "load/states.rs"]
mod states;
#[path = "load/world.rs"]
mod world;
