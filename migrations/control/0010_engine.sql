-- The embedded Airbyte: workspaces and what they own, who may call, what ran and how far it got.
-- It knows workspaces, not tenants, and lives in a schema of its own.

CREATE SCHEMA engine;

CREATE TABLE engine.workspaces (
    id            uuid        NOT NULL CONSTRAINT workspaces_pkey PRIMARY KEY,
    name          text        NOT NULL,
    notifications jsonb       NOT NULL DEFAULT '{}',
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX workspaces_by_name ON engine.workspaces (name);

-- Client credentials: one pair for all workspaces, one for each. The secret is hashed to compare, sealed to show again.
CREATE TABLE engine.clients (
    id            text        NOT NULL CONSTRAINT clients_pkey PRIMARY KEY,
    workspace_id  uuid        CONSTRAINT clients_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    secret_hash   bytea       NOT NULL,
    sealed_secret bytea       NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT clients_one_each UNIQUE NULLS NOT DISTINCT (workspace_id)
);

CREATE TABLE engine.tokens (
    hash       bytea       NOT NULL CONSTRAINT tokens_pkey PRIMARY KEY,
    client_id  text        NOT NULL CONSTRAINT tokens_client REFERENCES engine.clients (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tokens_over ON engine.tokens (expires_at);

CREATE TABLE engine.sources (
    id            uuid        NOT NULL CONSTRAINT sources_pkey PRIMARY KEY,
    workspace_id  uuid        NOT NULL CONSTRAINT sources_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    definition_id uuid        NOT NULL,
    name          text        NOT NULL,
    config        bytea       NOT NULL,
    -- the connector has changed its own configuration once: its operations run one at a time
    rotates       boolean     NOT NULL DEFAULT false,
    held_by       uuid,
    held_until    timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sources_by_workspace ON engine.sources (workspace_id, created_at, id);

CREATE TABLE engine.destinations (
    id            uuid        NOT NULL CONSTRAINT destinations_pkey PRIMARY KEY,
    workspace_id  uuid        NOT NULL CONSTRAINT destinations_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    definition_id uuid        NOT NULL,
    name          text        NOT NULL,
    config        bytea       NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX destinations_by_workspace ON engine.destinations (workspace_id, created_at, id);

-- What discovery answered last, for the configuration it was asked with.
CREATE TABLE engine.catalogs (
    source_id   uuid        NOT NULL CONSTRAINT catalogs_pkey PRIMARY KEY
        CONSTRAINT catalogs_source REFERENCES engine.sources (id) ON DELETE CASCADE,
    config_hash bytea       NOT NULL,
    version     text        NOT NULL,
    catalog     jsonb       NOT NULL,
    asked_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE engine.connections (
    id             uuid        NOT NULL CONSTRAINT connections_pkey PRIMARY KEY,
    workspace_id   uuid        NOT NULL CONSTRAINT connections_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    source_id      uuid        NOT NULL CONSTRAINT connections_source REFERENCES engine.sources (id) ON DELETE CASCADE,
    destination_id uuid        NOT NULL CONSTRAINT connections_destination REFERENCES engine.destinations (id) ON DELETE CASCADE,
    name           text        NOT NULL,
    -- everything of the API's answer that the engine only keeps: status, schedule, namespace, prefix, tags
    settings       jsonb       NOT NULL,
    -- the chosen streams: [{"config": StreamConfiguration, "stream": AirbyteStream}]
    streams        jsonb       NOT NULL,
    -- grows with every attempt: what a stale attempt writes is refused by the destination
    fence          bigint      NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX connections_by_workspace ON engine.connections (workspace_id, created_at, id);
CREATE INDEX connections_by_source ON engine.connections (source_id);
CREATE INDEX connections_by_destination ON engine.connections (destination_id);

-- How often each stream was replaced. Never decreases. The empty namespace is none.
CREATE TABLE engine.generations (
    connection_id uuid   NOT NULL CONSTRAINT generations_connection REFERENCES engine.connections (id) ON DELETE CASCADE,
    namespace     text   NOT NULL,
    name          text   NOT NULL,
    generation    bigint NOT NULL,
    CONSTRAINT generations_pkey PRIMARY KEY (connection_id, namespace, name)
);

-- How far each stream was read, as its source wrote it. One row without a name holds a state of all streams.
CREATE TABLE engine.stream_states (
    connection_id uuid        NOT NULL CONSTRAINT stream_states_connection REFERENCES engine.connections (id) ON DELETE CASCADE,
    namespace     text        NOT NULL,
    name          text        NOT NULL,
    -- text, not jsonb: what a source wrote is given back to it byte for byte
    state         text        NOT NULL,
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stream_states_pkey PRIMARY KEY (connection_id, namespace, name)
);

CREATE TABLE engine.jobs (
    id                bigint      GENERATED ALWAYS AS IDENTITY CONSTRAINT engine_jobs_pkey PRIMARY KEY,
    workspace_id      uuid        NOT NULL CONSTRAINT jobs_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    connection_id     uuid        NOT NULL CONSTRAINT jobs_connection REFERENCES engine.connections (id) ON DELETE CASCADE,
    kind              text        NOT NULL CONSTRAINT jobs_kind_known CHECK (kind IN ('sync', 'reset')),
    status            text        NOT NULL CONSTRAINT jobs_status_known
        CHECK (status IN ('pending', 'running', 'incomplete', 'failed', 'succeeded', 'cancelled')),
    queue_job         uuid,
    cancel_requested  boolean     NOT NULL DEFAULT false,
    -- the configured catalogue, made at the first attempt and kept by all
    catalog           jsonb,
    attempts          integer     NOT NULL DEFAULT 0,
    failure           jsonb,
    records_read      bigint      NOT NULL DEFAULT 0,
    records_written   bigint      NOT NULL DEFAULT 0,
    bytes             bigint      NOT NULL DEFAULT 0,
    sandbox           text,
    max_memory        bigint,
    log_lines         bigint      NOT NULL DEFAULT 0,
    created_at        timestamptz NOT NULL DEFAULT now(),
    started_at        timestamptz,
    updated_at        timestamptz NOT NULL DEFAULT now()
);
-- one job at a time for each connection, whoever starts it
CREATE UNIQUE INDEX jobs_one_at_a_time ON engine.jobs (connection_id) WHERE status IN ('pending', 'running', 'incomplete');
CREATE INDEX jobs_by_connection ON engine.jobs (connection_id, created_at DESC, id DESC);
CREATE INDEX jobs_by_workspace ON engine.jobs (workspace_id, created_at DESC, id DESC);

CREATE TABLE engine.attempts (
    job_id      bigint      NOT NULL CONSTRAINT attempts_job REFERENCES engine.jobs (id) ON DELETE CASCADE,
    number      integer     NOT NULL,
    status      text        NOT NULL CONSTRAINT attempts_status_known CHECK (status IN ('running', 'failed', 'succeeded', 'cancelled')),
    failure     jsonb,
    started_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    CONSTRAINT attempts_pkey PRIMARY KEY (job_id, number)
);

CREATE TABLE engine.job_streams (
    job_id     bigint  NOT NULL CONSTRAINT job_streams_job REFERENCES engine.jobs (id) ON DELETE CASCADE,
    namespace  text    NOT NULL,
    name       text    NOT NULL,
    position   integer NOT NULL,
    status     text    NOT NULL CONSTRAINT job_streams_status_known
        CHECK (status IN ('pending', 'running', 'incomplete', 'failed', 'succeeded', 'cancelled')),
    target     text,
    -- totals of the attempts that are over, then of the one that runs
    read_before    bigint NOT NULL DEFAULT 0,
    written_before bigint NOT NULL DEFAULT 0,
    bytes_before   bigint NOT NULL DEFAULT 0,
    read           bigint NOT NULL DEFAULT 0,
    written        bigint NOT NULL DEFAULT 0,
    bytes          bigint NOT NULL DEFAULT 0,
    nulled     bigint  NOT NULL DEFAULT 0,
    table_rows bigint,
    verified   boolean NOT NULL DEFAULT false,
    problem    text,
    CONSTRAINT job_streams_pkey PRIMARY KEY (job_id, namespace, name)
);

CREATE TABLE engine.job_logs (
    job_id bigint      NOT NULL CONSTRAINT job_logs_job REFERENCES engine.jobs (id) ON DELETE CASCADE,
    n      bigint      NOT NULL,
    at     timestamptz NOT NULL,
    level  text        NOT NULL,
    stream text,
    text   text        NOT NULL,
    CONSTRAINT job_logs_pkey PRIMARY KEY (job_id, n)
);

-- Specifications as connectors gave them, by connector and version.
CREATE TABLE engine.specs (
    definition_id uuid        NOT NULL,
    version       text        NOT NULL,
    spec          jsonb       NOT NULL,
    asked_at      timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT specs_pkey PRIMARY KEY (definition_id, version)
);

-- Installations of Python connectors, per machine: another machine has folders of its own.
CREATE TABLE engine.python_environments (
    machine    text        NOT NULL,
    package    text        NOT NULL,
    version    text        NOT NULL,
    state      text        NOT NULL CONSTRAINT python_environments_state_known CHECK (state IN ('preparing', 'ready', 'failed')),
    detail     text        NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT python_environments_pkey PRIMARY KEY (machine, package, version)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hub_app') THEN
        GRANT USAGE ON SCHEMA engine TO hub_app;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA engine TO hub_app;
    END IF;
END
$$;
