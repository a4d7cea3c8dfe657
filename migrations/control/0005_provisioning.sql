-- The named steps that prepare a tenant, each with what it made. Rows are the truth that pages and jobs share.
CREATE TABLE provision_steps (
    tenant_id   uuid        NOT NULL CONSTRAINT provision_steps_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    name        text        NOT NULL CONSTRAINT provision_steps_name_known
        CHECK (name IN ('keys', 'schema', 'storage', 'cache', 'workspace', 'destination', 'verify')),
    position    smallint    NOT NULL,
    state       text        NOT NULL DEFAULT 'waiting' CONSTRAINT provision_steps_state_known
        CHECK (state IN ('waiting', 'running', 'done', 'not_configured', 'failed', 'undone', 'stuck')),
    -- what was made elsewhere: a schema name, a workspace id
    external_id text,
    detail      text        NOT NULL DEFAULT '',
    attempts    integer     NOT NULL DEFAULT 0,
    started_at  timestamptz,
    finished_at timestamptz,
    CONSTRAINT provision_steps_pkey PRIMARY KEY (tenant_id, name)
);
CALL raise_tenant_wall('provision_steps');

GRANT SELECT, INSERT, UPDATE, DELETE ON provision_steps TO hub_app;
