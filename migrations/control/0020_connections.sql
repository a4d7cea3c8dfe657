-- Connections of tenants, and the tests that let them in.
CREATE TABLE connections (
    tenant_id         uuid        NOT NULL CONSTRAINT connections_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    id                uuid        NOT NULL,
    name              text        NOT NULL CONSTRAINT connections_name_length CHECK (length(name) BETWEEN 1 AND 80),
    -- slug of the catalogue and what it meant to the engine when this was made
    integration       text        NOT NULL,
    definition_id     uuid        NOT NULL,
    -- unchecked: exists only for its first test and is swept when that never passes
    stage             text        NOT NULL CONSTRAINT connections_stage_known
        CHECK (stage IN ('draft', 'unchecked', 'active', 'paused', 'removing')),
    -- secrets masked
    config            jsonb       NOT NULL DEFAULT '{}',
    -- sealed with the tenant's key; NULL when there are none
    secrets           bytea,
    secrets_set_at    timestamptz,
    -- titles and values for display, titles of set secrets: the specification is not needed to show a page
    settings          jsonb       NOT NULL DEFAULT '[]',
    secret_titles     text[]      NOT NULL DEFAULT '{}',
    -- put before table names, so that two connections never write one table
    table_prefix      text        NOT NULL DEFAULT '',
    engine_source     uuid,
    engine_connection uuid,
    -- grows with every change of streams or settings; the engine has seen `pushed_version` of it
    version           bigint      NOT NULL DEFAULT 1,
    pushed_version    bigint      NOT NULL DEFAULT 0,
    -- why a person is needed or the last run failed; stays visible until something succeeds
    problem           text,
    problem_kind      text,
    created_by        text        NOT NULL,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    CONSTRAINT connections_pkey PRIMARY KEY (tenant_id, id)
);
-- Two tabs that submit one form meet here.
CREATE UNIQUE INDEX connections_name_unique ON connections (tenant_id, lower(name));
CREATE INDEX connections_by_time ON connections (tenant_id, created_at DESC, id DESC);
CREATE INDEX connections_to_sweep ON connections (updated_at) WHERE stage = 'unchecked';
CALL raise_tenant_wall('connections');

CREATE TABLE connection_tests (
    tenant_id     uuid        NOT NULL,
    id            uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    -- the same form sent twice is one test
    form_token    text,
    state         text        NOT NULL CONSTRAINT connection_tests_state_known
        CHECK (state IN ('waiting', 'running', 'passed', 'failed')),
    -- the whole configuration that is tried, sealed; gone once it is stored or given up
    candidate     bytea,
    steps         jsonb       NOT NULL DEFAULT '[]',
    streams_found bigint,
    problem       text,
    problem_kind  text,
    raw           text,
    started_by    text        NOT NULL,
    created_at    timestamptz NOT NULL,
    started_at    timestamptz,
    finished_at   timestamptz,
    CONSTRAINT connection_tests_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT connection_tests_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT connection_tests_form_unique UNIQUE (tenant_id, form_token)
);
CREATE INDEX connection_tests_by_connection ON connection_tests (tenant_id, connection_id, created_at DESC);
CREATE UNIQUE INDEX connection_tests_one_at_a_time ON connection_tests (tenant_id, connection_id)
    WHERE state IN ('waiting', 'running');
CREATE INDEX connection_tests_candidates ON connection_tests (created_at) WHERE candidate IS NOT NULL;
CALL raise_tenant_wall('connection_tests');

GRANT SELECT, INSERT, UPDATE, DELETE ON connections, connection_tests TO hub_app;
