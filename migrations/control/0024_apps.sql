-- Apps of tenants: which tables each may read, and what its last bundle said. Passwords are nowhere: only the
-- database holds a verifier.
CREATE TABLE apps (
    tenant_id      uuid        NOT NULL CONSTRAINT apps_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    id             uuid        NOT NULL,
    name           text        NOT NULL CONSTRAINT apps_name_length CHECK (length(name) BETWEEN 1 AND 80),
    -- its login in the tenant data database
    login          text        NOT NULL,
    password_shown boolean     NOT NULL DEFAULT false,
    -- names and values of the last download, without secrets
    bundle         jsonb,
    created_by     text        NOT NULL,
    created_at     timestamptz NOT NULL,
    downloaded_at  timestamptz,
    last_used_at   timestamptz,
    revoked_at     timestamptz,
    CONSTRAINT apps_pkey PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX apps_name_unique ON apps (tenant_id, lower(name)) WHERE revoked_at IS NULL;
CALL raise_tenant_wall('apps');

CREATE TABLE app_tables (
    tenant_id  uuid    NOT NULL,
    app_id     uuid    NOT NULL,
    table_name text    NOT NULL,
    -- false until the table exists
    granted    boolean NOT NULL DEFAULT false,
    CONSTRAINT app_tables_pkey PRIMARY KEY (tenant_id, app_id, table_name),
    CONSTRAINT app_tables_app FOREIGN KEY (tenant_id, app_id)
        REFERENCES apps (tenant_id, id) ON DELETE CASCADE
);
CALL raise_tenant_wall('app_tables');

GRANT SELECT, INSERT, UPDATE, DELETE ON apps, app_tables TO hub_app;
