//! Stories of the product from outside.

mod bundles;
mod commands;
mod deep_links;
mod first_hour;
mod github;
mod harbour;
mod integration_yaml;
mod interruptions;
mod keys;
mod links;
mod manifests;
mod names;
mod neighbours;
mod operators;
mod own_integrations;
mod refusals;
mod rehearsals;
mod routes;
mod schedules;
mod sign_up;
mod twice;
mod values;
mod volume;
mod webhooks;
