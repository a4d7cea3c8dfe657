-- Keys of programs. The secret half is random and long, so a plain hash of it is enough.
CREATE TABLE api_keys (
    tenant_id    uuid        NOT NULL CONSTRAINT api_keys_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    id           uuid        NOT NULL CONSTRAINT api_keys_id_unique UNIQUE,
    -- the public half, found in the key itself
    key_id       text        NOT NULL CONSTRAINT api_keys_key_id_unique UNIQUE,
    secret_hash  bytea       NOT NULL,
    name         text        NOT NULL,
    scopes       text[]      NOT NULL,
    -- NULL: made by an operator on the command line
    created_by   uuid        CONSTRAINT api_keys_creator REFERENCES users (id) ON DELETE CASCADE,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    CONSTRAINT api_keys_pkey PRIMARY KEY (tenant_id, id)
);
CALL raise_tenant_wall('api_keys');

GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO hub_app;
