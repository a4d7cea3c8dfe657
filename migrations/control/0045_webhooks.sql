-- Webhooks in: one endpoint a connection, and the events it has taken in until they are rows.
CREATE TABLE webhooks (
    tenant_id        uuid        NOT NULL CONSTRAINT webhooks_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    connection_id    uuid        NOT NULL,
    -- SHA-256 of what stands in the address; NULL: turned off. The row stays then, because events that were taken in
    -- must still become rows.
    token_hash       bytea       CONSTRAINT webhooks_token_unique UNIQUE,
    scheme           text        NOT NULL,
    -- NULL: not told yet, so nothing can be verified
    secret           bytea,
    secret_set_at    timestamptz,
    -- verifies until then what was signed before a rotation
    old_secret       bytea,
    old_secret_until timestamptz,
    table_name       text        NOT NULL,
    created_by       text        NOT NULL,
    created_at       timestamptz NOT NULL,
    last_event_at    timestamptz,
    last_refusal     text,
    last_refusal_at  timestamptz,
    -- why events are not rows yet, where that takes longer than a moment
    problem          text,
    landed_at        timestamptz,
    -- one job at a time: the next one is enqueued under the next number
    turn             bigint      NOT NULL DEFAULT 0,
    -- the newest writer's number in the tenant's database
    fence            bigint      NOT NULL DEFAULT 0,
    CONSTRAINT webhooks_pkey PRIMARY KEY (tenant_id, connection_id),
    CONSTRAINT webhooks_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE
);
CALL raise_tenant_wall('webhooks');

CREATE TABLE webhook_events (
    tenant_id     uuid        NOT NULL CONSTRAINT webhook_events_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    id            uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    -- the sender's id of the event, or a hash of the body: the same event is the same row
    event_id      text        NOT NULL,
    kind          text        NOT NULL,
    received_at   timestamptz NOT NULL,
    -- what was sent, sealed; NULL once it is a row
    payload       bytea,
    -- NULL until it is a row of the table of events
    written_at    timestamptz,
    CONSTRAINT webhook_events_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT webhook_events_once UNIQUE (tenant_id, connection_id, event_id),
    CONSTRAINT webhook_events_webhook FOREIGN KEY (tenant_id, connection_id)
        REFERENCES webhooks (tenant_id, connection_id) ON DELETE CASCADE
);
CREATE INDEX webhook_events_waiting ON webhook_events (tenant_id, connection_id, id) WHERE payload IS NOT NULL;
CREATE INDEX webhook_events_recent ON webhook_events (tenant_id, connection_id, received_at);
CREATE INDEX webhook_events_to_sweep ON webhook_events (received_at) WHERE payload IS NULL;
CALL raise_tenant_wall('webhook_events');

GRANT SELECT, INSERT, UPDATE, DELETE ON webhooks, webhook_events TO hub_app;
