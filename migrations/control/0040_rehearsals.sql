-- Rehearsals: an operator has the router meet a kind of failure, against a test API of the hub's own, and reads what it did.
CREATE TABLE rehearsals (
    id          uuid        NOT NULL CONSTRAINT rehearsals_pkey PRIMARY KEY,
    class       text        NOT NULL,
    -- whether Airbyte's way meets it, too
    both_ways   boolean     NOT NULL,
    state       text        NOT NULL CONSTRAINT rehearsals_state_known CHECK (state IN ('waiting', 'running', 'passed', 'failed')),
    decisions   jsonb       NOT NULL DEFAULT '[]',
    created_at  timestamptz NOT NULL,
    finished_at timestamptz
);
CREATE INDEX rehearsals_newest ON rehearsals (created_at DESC, id DESC);
GRANT SELECT, INSERT, UPDATE, DELETE ON rehearsals TO hub_app;
