-- Looks at sample rows: sealed, short-lived, for the page that asked.
CREATE TABLE samples (
    tenant_id     uuid        NOT NULL,
    id            uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    state         text        NOT NULL CONSTRAINT samples_state_known
        CHECK (state IN ('waiting', 'running', 'passed', 'failed')),
    -- personal data readable: asked for by a person, and audited
    revealed      boolean     NOT NULL,
    -- [{namespace, name}]; empty means the chosen streams
    wanted        jsonb       NOT NULL,
    -- rows as they came, sealed with the tenant's key
    rows          bytea,
    problem       text,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    CONSTRAINT samples_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT samples_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX samples_by_expiry ON samples (expires_at);
CREATE INDEX samples_by_connection ON samples (tenant_id, connection_id, created_at DESC);
CALL raise_tenant_wall('samples');

GRANT SELECT, INSERT, UPDATE, DELETE ON samples TO hub_app;
