-- Wrapped data keys of tenants, the proof that the key file fits this database, and sealed database logins.
CREATE TABLE key_canaries (
    key_id     integer     NOT NULL CONSTRAINT key_canaries_pkey PRIMARY KEY,
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE tenant_keys (
    tenant_id    uuid        NOT NULL CONSTRAINT tenant_keys_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    version      integer     NOT NULL CONSTRAINT tenant_keys_version_positive CHECK (version > 0),
    key_id       integer     NOT NULL,
    wrapped      bytea,
    created_at   timestamptz NOT NULL,
    destroyed_at timestamptz,
    CONSTRAINT tenant_keys_pkey PRIMARY KEY (tenant_id, version),
    CONSTRAINT tenant_keys_destroyed CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
CALL raise_tenant_wall('tenant_keys');

-- Logins of one tenant that the hub keeps: loader and reader of the tenant data database, the user on Redis.
CREATE TABLE data_logins (
    tenant_id  uuid        NOT NULL CONSTRAINT data_logins_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    purpose    text        NOT NULL CONSTRAINT data_logins_purpose_known CHECK (purpose IN ('load', 'read', 'cache')),
    id         uuid        NOT NULL,
    login      text        NOT NULL,
    password   bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT data_logins_pkey PRIMARY KEY (tenant_id, purpose),
    CONSTRAINT data_logins_id UNIQUE (tenant_id, id)
);
CALL raise_tenant_wall('data_logins');

GRANT SELECT, INSERT, UPDATE, DELETE ON key_canaries, tenant_keys, data_logins TO hub_app;
