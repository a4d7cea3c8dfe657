//! Typed ids as the database holds them: UUID v7, ordered by the time they were made.

use model::{
    ApiKeyId, AppId, ConnectionId, FlowId, LinkId, RehearsalId, RunId, SampleId, SessionId,
    TenantId, TestId, UploadId, UserId,
};
use uuid::Uuid;

/// An id of the model as a UUID and back.
pub trait Id: Copy {
    fn from_uuid(value: Uuid) -> Self;
    fn uuid(self) -> Uuid;

    /// A new one.
    fn fresh() -> Self {
        Self::from_uuid(Uuid::now_v7())
    }
}

macro_rules! ids {
    ($($name:ident),*) => {$(
        impl Id for $name {
            fn from_uuid(value: Uuid) -> Self {
                Self::from_u128(value.as_u128())
            }

            fn uuid(self) -> Uuid {
                Uuid::from_u128(self.as_u128())
            }
        }
    )*};
}

ids!(
    ApiKeyId,
    AppId,
    ConnectionId,
    FlowId,
    LinkId,
    RehearsalId,
    RunId,
    SampleId,
    SessionId,
    TenantId,
    TestId,
    UploadId,
    UserId
);
