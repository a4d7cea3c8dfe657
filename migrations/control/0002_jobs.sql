-- Durable jobs. Payloads hold ids only, so the queue needs no wall; `tenant` serves fairness and clean-up.
CREATE TABLE jobs (
    id               uuid        NOT NULL CONSTRAINT jobs_pkey PRIMARY KEY,
    kind             text        NOT NULL,
    tenant           uuid,
    payload          jsonb       NOT NULL,
    state            text        NOT NULL DEFAULT 'queued'
        CONSTRAINT jobs_state_known CHECK (state IN ('queued', 'running', 'done', 'dead', 'cancelled')),
    priority         smallint    NOT NULL DEFAULT 0,
    run_at           timestamptz NOT NULL,
    attempt          integer     NOT NULL DEFAULT 0,
    max_attempts     integer     NOT NULL CONSTRAINT jobs_attempts_positive CHECK (max_attempts > 0),
    lease_owner      text,
    lease_until      timestamptz,
    -- grows with every claim: a holder with an older number is stale
    fence            bigint      NOT NULL DEFAULT 0,
    dedup_key        text,
    cancel_requested boolean     NOT NULL DEFAULT false,
    last_error       text,
    created_at       timestamptz NOT NULL DEFAULT now(),
    finished_at      timestamptz,
    CONSTRAINT jobs_lease_whole CHECK ((state = 'running') = (lease_owner IS NOT NULL AND lease_until IS NOT NULL))
);
CREATE UNIQUE INDEX jobs_one_of_a_kind ON jobs (COALESCE(tenant, '00000000-0000-0000-0000-000000000000'), kind, dedup_key)
    WHERE state IN ('queued', 'running');
CREATE INDEX jobs_to_claim ON jobs (priority, run_at) WHERE state = 'queued';
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_running_by_tenant ON jobs (tenant) WHERE state = 'running';
CREATE INDEX jobs_over ON jobs (finished_at) WHERE state IN ('done', 'dead', 'cancelled');

GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO hub_app;
