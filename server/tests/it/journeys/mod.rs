//! Stories of the product from outside.

mod bundles;
mod commands;
mod fallbacks;
mod first_hour;
mod github;
pub mod harbour;
mod integration_yaml;
mod interruptions;
mod keys;
mod links;
mod manifests;
mod names;
mod neighbours;
mod operators;
mod own_events;
mod own_integrations;
mod refusals;
mod rehearsals;
mod routes;
mod schedules;
mod sender;
mod sign_up;
mod source_command;
mod twice;
mod values;
mod volume;
mod webhooks;
