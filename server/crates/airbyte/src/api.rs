//! Types of Airbyte's public API, as requests and answers carry them.
//!
//! Ids are required, other fields of an answer are optional where servers are known to leave them out; unknown enum
//! values read as `Unknown` instead of failing.

mod actor;
mod application;
mod connection;
mod declarative;
mod definition;
mod embedded;
mod group;
mod job;
mod oauth;
mod oauth_credentials;
mod organization;
mod page;
mod permission;
mod problem;
mod region;
mod secret;
mod stream;
mod tag;
mod token;
mod workspace;

pub use actor::{
    DestinationCreate, DestinationPatch, DestinationPut, DestinationResponse, SourceCreate,
    SourcePatch, SourcePut, SourceResponse,
};
pub(crate) use application::Applications;
pub use application::{ApplicationCreate, ApplicationResponse};
pub use connection::{
    ConnectionCreate, ConnectionPatch, ConnectionResponse, ConnectionStatus, NamespaceDefinition,
    Schedule, ScheduleType, SchemaUpdates, SelectedField, StreamConfiguration,
    StreamConfigurations,
};
pub use declarative::{
    DeclarativeDefinitionCreate, DeclarativeDefinitionPut, DeclarativeDefinitionResponse,
};
pub use definition::{
    ConnectorDefinition, ConnectorDefinitionType, ConnectorDefinitions, DefinitionCreate,
    DefinitionPut, DefinitionResponse,
};
pub use embedded::{EmbeddedOrganization, ScopedTokenRequest, WidgetTokenRequest};
pub(crate) use embedded::{EmbeddedOrganizations, EmbeddedToken};
pub use group::{
    GroupCreate, GroupMemberCreate, GroupMemberResponse, GroupPatch, GroupPermissionCreate,
    GroupPermissionResponse, GroupResponse,
};
pub use job::{JobCreate, JobFilter, JobResponse, JobStatus, JobType};
pub(crate) use oauth::Consent;
pub use oauth::InitiateOAuth;
pub use oauth_credentials::{ActorType, OAuthCredentials};
pub use organization::{OrganizationResponse, UserFilter, UserResponse};
pub use page::Page;
pub use permission::{
    GrantedIn, PermissionCreate, PermissionFilter, PermissionListed, PermissionPatch,
    PermissionResponse, PermissionScope, PermissionType,
};
pub use problem::Problem;
pub use region::{
    DataplaneCreate, DataplaneCredentials, DataplanePatch, DataplaneResponse, RegionCreate,
    RegionPatch, RegionResponse,
};
pub use stream::{ConnectionSyncMode, StreamProperties};
pub use tag::{TagCreate, TagPatch, TagResponse, check_tag};
pub use token::{TokenRequest, TokenResponse};
pub use workspace::{WorkspaceCreate, WorkspacePatch, WorkspaceResponse};

/// What a stored secret reads as, and what keeps it when sent back.
pub const MASK: &str = "**********";
