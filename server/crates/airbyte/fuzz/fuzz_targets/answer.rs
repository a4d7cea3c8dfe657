//! Answers of an Airbyte server as each of the types they may be: any bytes are one or none, and one is written as it was read.

#![no_main]

#[path = "../again.rs"]
mod again;

use again::again;
use airbyte::{api, config, extension};
use libfuzzer_sys::fuzz_target;

/// Reads the bytes as each type; those after the semicolon are never written.
macro_rules! read_as {
    ($bytes:expr; $($both:ty),+ $(,)?; $($read:ty),+ $(,)?) => {
        $(again::<$both>($bytes);)+
        $(let _ = serde_json::from_slice::<$read>($bytes);)+
    };
}

fuzz_target!(|answer: &[u8]| {
    if let Some(problem) = again::<api::Problem>(answer) {
        problem.message();
    }
    if let Some(stream) = again::<api::StreamConfiguration>(answer) {
        stream.sync_mode.map(api::ConnectionSyncMode::parts);
    }
    read_as!(answer;
        api::ConnectionResponse,
        api::ConnectorDefinition,
        api::ConnectorDefinitions,
        api::DataplaneResponse,
        api::DeclarativeDefinitionResponse,
        api::DefinitionResponse,
        api::DestinationResponse,
        api::EmbeddedOrganization,
        api::GroupMemberResponse,
        api::GroupPermissionCreate,
        api::GroupPermissionResponse,
        api::GroupResponse,
        api::JobResponse,
        api::OrganizationResponse,
        api::Page<api::ConnectionResponse>,
        api::Page<api::JobResponse>,
        api::Page<api::SourceResponse>,
        api::Page<serde_json::Value>,
        api::PermissionListed,
        api::PermissionResponse,
        api::RegionResponse,
        api::SourceResponse,
        api::StreamProperties,
        api::TagResponse,
        api::TokenResponse,
        api::UserResponse,
        api::WorkspaceResponse,
        extension::CheckLine,
        extension::Definition,
        extension::DiscoverResponse,
        extension::Fault,
        extension::JobDetail,
        extension::JobLogs,
        extension::Preparing,
        extension::SampleLine,
        extension::Spec;
        api::ApplicationResponse,
        api::DataplaneCredentials,
        config::SourceDefinition,
    );
});
