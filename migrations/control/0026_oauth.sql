-- Clients that an operator registered at providers, for every tenant.
CREATE TABLE oauth_platform_clients (
    provider  text        NOT NULL CONSTRAINT oauth_platform_clients_pkey PRIMARY KEY,
    client_id text        NOT NULL,
    -- sealed with a key of the platform
    secret    bytea       NOT NULL,
    set_by    text        NOT NULL,
    set_at    timestamptz NOT NULL
);

-- Clients that a tenant registered itself: they come before the platform's.
CREATE TABLE oauth_clients (
    tenant_id uuid        NOT NULL CONSTRAINT oauth_clients_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    provider  text        NOT NULL,
    id        uuid        NOT NULL,
    client_id text        NOT NULL,
    -- sealed with the tenant's key
    secret    bytea       NOT NULL,
    set_by    text        NOT NULL,
    set_at    timestamptz NOT NULL,
    CONSTRAINT oauth_clients_pkey PRIMARY KEY (tenant_id, provider)
);
CALL raise_tenant_wall('oauth_clients');

-- A person on the way to a provider and back.
CREATE TABLE oauth_flows (
    tenant_id     uuid        NOT NULL CONSTRAINT oauth_flows_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    id            uuid        NOT NULL,
    -- SHA-256 of the `state` that comes back
    state_hash    bytea       NOT NULL,
    -- SHA-256 of the session: nobody else may finish it
    session_hash  bytea       NOT NULL,
    user_id       uuid        NOT NULL,
    integration   text        NOT NULL,
    -- NULL for a new connection, whose name stands in `name`
    connection_id uuid,
    name          text        NOT NULL DEFAULT '',
    -- in a window of its own, or in the page itself
    own_window    boolean     NOT NULL,
    -- sealed with the tenant's key: what was typed, the verifier, the provider's address
    sealed        bytea       NOT NULL,
    -- NULL until the person is back
    outcome       jsonb,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    -- its code was taken: a second callback finds nothing
    used_at       timestamptz,
    CONSTRAINT oauth_flows_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT oauth_flows_state_unique UNIQUE (tenant_id, state_hash),
    CONSTRAINT oauth_flows_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX oauth_flows_to_sweep ON oauth_flows (created_at);
CALL raise_tenant_wall('oauth_flows');

-- What was granted to a connection.
CREATE TABLE oauth_grants (
    tenant_id     uuid        NOT NULL,
    connection_id uuid        NOT NULL,
    provider      text        NOT NULL,
    -- whose client it was granted to: the secret that renews and revokes
    own_client    boolean     NOT NULL,
    account_id    text,
    account_name  text,
    scopes        text[]      NOT NULL DEFAULT '{}',
    -- sealed with the tenant's key; NULL where the connector keeps the tokens in its configuration
    tokens        bytea,
    expires_at    timestamptz,
    -- renew: the provider refuses the refresh token, a person must sign in again
    state         text        NOT NULL CONSTRAINT oauth_grants_state_known CHECK (state IN ('active', 'renew')),
    granted_at    timestamptz NOT NULL,
    CONSTRAINT oauth_grants_pkey PRIMARY KEY (tenant_id, connection_id),
    CONSTRAINT oauth_grants_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE
);
CALL raise_tenant_wall('oauth_grants');

GRANT SELECT, INSERT, UPDATE, DELETE ON oauth_platform_clients, oauth_clients, oauth_flows, oauth_grants TO hub_app;
