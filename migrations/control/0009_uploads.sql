-- What is known about an uploaded file; its bytes lie in the tenant's storage under the id.
CREATE TABLE uploads (
    tenant_id  uuid        NOT NULL CONSTRAINT uploads_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    id         uuid        NOT NULL,
    name       text        NOT NULL,
    bytes      bigint      NOT NULL CONSTRAINT uploads_bytes_positive CHECK (bytes >= 0),
    sha256     bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT uploads_pkey PRIMARY KEY (tenant_id, id)
);
CALL raise_tenant_wall('uploads');

GRANT SELECT, INSERT, UPDATE, DELETE ON uploads TO hub_app;
