-- Counters for sign-in, codes and resets, shared by all processes. Keys are hashed: the table tells no addresses.
CREATE TABLE rate_limits (
    bucket       text        NOT NULL,
    key_hash     bytea       NOT NULL,
    window_start timestamptz NOT NULL,
    hits         integer     NOT NULL,
    CONSTRAINT rate_limits_pkey PRIMARY KEY (bucket, key_hash)
);
CREATE INDEX rate_limits_by_age ON rate_limits (window_start);

GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO hub_app;
