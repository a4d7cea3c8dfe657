-- Signing in at providers through the engine's API: clients, people under way, and what they granted until a source takes it.

CREATE TABLE engine.oauth_clients (
    -- NULL: for every workspace that has none of its own
    workspace_id uuid        CONSTRAINT oauth_clients_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    -- the connector it is for, as `sourceType` names it
    source_type  text        NOT NULL,
    -- {"client_id", "client_secret"}
    sealed       bytea       NOT NULL,
    set_at       timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT oauth_clients_one_each UNIQUE NULLS NOT DISTINCT (workspace_id, source_type)
);

CREATE TABLE engine.oauth_trips (
    -- SHA-256 of the `state` that comes back
    state_hash   bytea       NOT NULL CONSTRAINT oauth_trips_pkey PRIMARY KEY,
    workspace_id uuid        NOT NULL CONSTRAINT oauth_trips_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    -- the connector, the caller's address, the client, the verifier
    sealed       bytea       NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX oauth_trips_over ON engine.oauth_trips (expires_at);

CREATE TABLE engine.oauth_secrets (
    -- SHA-256 of the `secretId`
    id_hash      bytea       NOT NULL CONSTRAINT oauth_secrets_pkey PRIMARY KEY,
    workspace_id uuid        NOT NULL CONSTRAINT oauth_secrets_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    -- the part of a configuration that signing in gave
    sealed       bytea       NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX oauth_secrets_over ON engine.oauth_secrets (expires_at);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hub_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON engine.oauth_clients, engine.oauth_trips, engine.oauth_secrets TO hub_app;
    END IF;
END
$$;
