//! Every SQL statement of the engine, one file per table family.
//!
//! What a caller may see is part of each statement: `scope` is the one workspace of its credentials, or none for all.

pub mod attempts;
pub mod catalogs;
pub mod clients;
pub mod connections;
pub mod destinations;
pub mod environments;
pub mod grants;
pub mod jobs;
pub mod logs;
pub mod manifests;
pub mod oauth;
pub mod progress;
pub mod sealed;
pub mod sources;
pub mod specs;
pub mod states;
pub mod tags;
pub mod workspaces;
