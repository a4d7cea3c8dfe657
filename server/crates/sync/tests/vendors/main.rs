//! The connectors of our own against stand-ins that behave as each vendor documents.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod airbyte;
mod connector;
mod every_stream;
mod stand_in;

mod airtable;
mod amplitude;
mod asana;
mod chargebee;
mod close;
mod copper;
mod github;
mod gong;
mod google_analytics;
mod google_drive;
mod google_sheets;
mod hubspot;
mod intercom;
mod jira;
mod klaviyo;
mod mailchimp;
mod mixpanel;
mod monday;
mod notion;
mod paypal;
mod pipedrive;
mod recurly;
mod sendgrid;
mod shopify;
mod slack;
mod square;
mod stripe;
mod twilio;
mod woocommerce;
mod zendesk;
