-- Runs of connections with one receipt a stream.
CREATE TABLE runs (
    tenant_id        uuid        NOT NULL,
    id               uuid        NOT NULL,
    connection_id    uuid        NOT NULL,
    state            text        NOT NULL CONSTRAINT runs_state_known
        CHECK (state IN ('queued', 'running', 'cancelling', 'succeeded', 'partial', 'failed', 'cancelled')),
    started_by       text        NOT NULL,
    method           text        NOT NULL,
    fallback_used    boolean     NOT NULL DEFAULT false,
    -- what the engine calls it
    engine_job       bigint,
    rows_read        bigint      NOT NULL DEFAULT 0,
    rows_written     bigint      NOT NULL DEFAULT 0,
    bytes            bigint      NOT NULL DEFAULT 0,
    rows_per_second  bigint,
    problem          text,
    problem_kind     text,
    raw              text,
    sandbox          text,
    created_at       timestamptz NOT NULL,
    started_at       timestamptz,
    finished_at      timestamptz,
    CONSTRAINT runs_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT runs_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE,
    CONSTRAINT runs_finished CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'partial', 'failed', 'cancelled')))
);
-- Starting twice finds the run that is on its way.
CREATE UNIQUE INDEX runs_one_at_a_time ON runs (tenant_id, connection_id)
    WHERE state IN ('queued', 'running', 'cancelling');
CREATE INDEX runs_by_connection ON runs (tenant_id, connection_id, created_at DESC, id DESC);
CREATE INDEX runs_by_time ON runs (tenant_id, created_at DESC, id DESC);
CREATE INDEX runs_on_their_way ON runs (created_at) WHERE state IN ('queued', 'running', 'cancelling');
CALL raise_tenant_wall('runs');

CREATE TABLE run_streams (
    tenant_id    uuid    NOT NULL,
    run_id       uuid    NOT NULL,
    namespace    text    NOT NULL DEFAULT '',
    name         text    NOT NULL,
    table_name   text    NOT NULL,
    state        text    NOT NULL CONSTRAINT run_streams_state_known
        CHECK (state IN ('queued', 'running', 'cancelling', 'succeeded', 'partial', 'failed', 'cancelled')),
    rows_read    bigint  NOT NULL DEFAULT 0,
    rows_written bigint  NOT NULL DEFAULT 0,
    values_nulled bigint NOT NULL DEFAULT 0,
    bytes        bigint  NOT NULL DEFAULT 0,
    table_rows   bigint,
    verified     boolean NOT NULL DEFAULT false,
    problem      text,
    CONSTRAINT run_streams_pkey PRIMARY KEY (tenant_id, run_id, namespace, name),
    CONSTRAINT run_streams_run FOREIGN KEY (tenant_id, run_id)
        REFERENCES runs (tenant_id, id) ON DELETE CASCADE
);
CALL raise_tenant_wall('run_streams');

GRANT SELECT, INSERT, UPDATE, DELETE ON runs, run_streams TO hub_app;
