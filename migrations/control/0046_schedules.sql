-- Schedules: when a connection's runs start by themselves. Without a row somebody starts them.
CREATE TABLE schedules (
    tenant_id     uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    -- as it was written: `every hour`, `0 6 * * * Europe/Berlin`
    text          text        NOT NULL CONSTRAINT schedules_text_length CHECK (length(text) BETWEEN 1 AND 120),
    -- NULL: never again
    next_at       timestamptz,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT schedules_pkey PRIMARY KEY (tenant_id, connection_id),
    CONSTRAINT schedules_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX schedules_due ON schedules (next_at) WHERE next_at IS NOT NULL;
CALL raise_tenant_wall('schedules');

GRANT SELECT, INSERT, UPDATE, DELETE ON schedules TO hub_app;
