-- Routes: which way a run takes to its rows, why, and what each try came to.

-- How a connection's runs choose; without a row as the columns' defaults say.
CREATE TABLE route_policies (
    tenant_id        uuid        NOT NULL,
    connection_id    uuid        NOT NULL,
    -- what is tried first where both ways are open
    first            text        NOT NULL DEFAULT 'direct' CONSTRAINT route_policies_first_known
        CHECK (first IN ('direct', 'airbyte')),
    fallback         boolean     NOT NULL DEFAULT true,
    -- tries of the direct way before the other one
    attempts         integer     NOT NULL DEFAULT 3 CONSTRAINT route_policies_attempts CHECK (attempts BETWEEN 1 AND 10),
    -- how long a fallback may take
    fallback_minutes integer     NOT NULL DEFAULT 5 CONSTRAINT route_policies_fallback_minutes
        CHECK (fallback_minutes BETWEEN 1 AND 1440),
    updated_at       timestamptz NOT NULL,
    CONSTRAINT route_policies_pkey PRIMARY KEY (tenant_id, connection_id),
    CONSTRAINT route_policies_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE
);
CALL raise_tenant_wall('route_policies');

-- Where an Airbyte elsewhere moves the data, this hub's own engine is the direct way: the tenant's workspace and
-- destination there …
CREATE TABLE direct_places (
    tenant_id   uuid NOT NULL CONSTRAINT direct_places_pkey PRIMARY KEY
        CONSTRAINT direct_places_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    workspace   uuid NOT NULL,
    destination uuid NOT NULL
);
CALL raise_tenant_wall('direct_places');

-- … and what it holds for each connection, with a cursor of its own.
CREATE TABLE direct_connections (
    tenant_id         uuid   NOT NULL,
    connection_id     uuid   NOT NULL,
    engine_source     uuid   NOT NULL,
    engine_connection uuid   NOT NULL,
    -- the connection's version that the engine was told
    pushed_version    bigint NOT NULL,
    CONSTRAINT direct_connections_pkey PRIMARY KEY (tenant_id, connection_id),
    CONSTRAINT direct_connections_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE
);
CALL raise_tenant_wall('direct_connections');

-- Every decision of a run, and what the try that followed came to.
CREATE TABLE run_decisions (
    tenant_id    uuid        NOT NULL,
    run_id       uuid        NOT NULL,
    n            integer     NOT NULL,
    rule         text        NOT NULL,
    -- NULL: nothing more is tried
    route        text        CONSTRAINT run_decisions_route_known CHECK (route IN ('direct', 'airbyte')),
    decided_at   timestamptz NOT NULL,
    -- the try does not begin before
    not_before   timestamptz,
    engine_job   bigint,
    started_at   timestamptz,
    finished_at  timestamptz,
    -- why it failed; NULL with finished_at: it did not
    class        text,
    problem      text,
    raw          text,
    -- when the other side wants to be asked again
    until        timestamptz,
    rows_read    bigint      NOT NULL DEFAULT 0,
    rows_written bigint      NOT NULL DEFAULT 0,
    bytes        bigint      NOT NULL DEFAULT 0,
    CONSTRAINT run_decisions_pkey PRIMARY KEY (tenant_id, run_id, n),
    CONSTRAINT run_decisions_run FOREIGN KEY (tenant_id, run_id) REFERENCES runs (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT run_decisions_class_of_a_try CHECK (class IS NULL OR finished_at IS NOT NULL)
);
CALL raise_tenant_wall('run_decisions');

-- A person left the direct route out, to see the other one work.
ALTER TABLE runs ADD COLUMN forced_fallback boolean NOT NULL DEFAULT false;

-- Upstreams that failed several times in a row are left alone for a while.
CREATE TABLE breakers (
    tenant_id  uuid        NOT NULL CONSTRAINT breakers_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    -- the integration, with the host where the settings name one
    upstream   text        NOT NULL,
    -- tries in a row that it did not answer as it should
    failures   integer     NOT NULL DEFAULT 0,
    -- how often in a row it was left alone: each time for longer
    trips      integer     NOT NULL DEFAULT 0,
    open_until timestamptz,
    updated_at timestamptz NOT NULL,
    CONSTRAINT breakers_pkey PRIMARY KEY (tenant_id, upstream)
);
CALL raise_tenant_wall('breakers');

GRANT SELECT, INSERT, UPDATE, DELETE ON route_policies, direct_places, direct_connections, run_decisions, breakers TO hub_app;
