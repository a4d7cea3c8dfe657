-- People, the tenants they belong to, and the wall between tenants.
-- Owner of everything here is the role that migrates; the program runs as hub_app, which owns nothing.

-- Which tenant this transaction works for. After a transaction the setting is '', not NULL: hence NULLIF.
CREATE FUNCTION current_tenant() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT NULLIF(current_setting('app.tenant_id', true), '')::uuid $$;

-- True in the few transactions that look across tenants.
CREATE FUNCTION is_platform() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT COALESCE(current_setting('app.platform', true), '') = 'on' $$;

-- Every table with rows of tenants calls this once: forced row-level security, by tenant or for the platform.
CREATE PROCEDURE raise_tenant_wall(wanted regclass, tenant_column name DEFAULT 'tenant_id')
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', wanted);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', wanted);
    EXECUTE format('CREATE POLICY tenant_rows ON %s USING (%I = (SELECT current_tenant()))', wanted, tenant_column);
    EXECUTE format('CREATE POLICY platform_rows ON %s USING ((SELECT is_platform()))', wanted);
END
$$;
REVOKE EXECUTE ON PROCEDURE raise_tenant_wall(regclass, name) FROM PUBLIC;

CREATE TABLE users (
    id             uuid        NOT NULL CONSTRAINT users_pkey PRIMARY KEY,
    email          text        NOT NULL,
    -- lower case, normalised: what makes two addresses the same
    email_key      text        NOT NULL CONSTRAINT users_email_key_unique UNIQUE,
    password_hash  text        NOT NULL,
    verified_at    timestamptz,
    platform_admin boolean     NOT NULL DEFAULT false,
    -- raising it ends every session of the person at once
    session_epoch  integer     NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL
);

CREATE TABLE tenants (
    id            uuid        NOT NULL CONSTRAINT tenants_pkey PRIMARY KEY,
    name          text        NOT NULL,
    state         text        NOT NULL
        CONSTRAINT tenants_state_known CHECK (state IN ('provisioning', 'active', 'suspended', 'failed', 'deleting', 'deleted')),
    state_reason  text,
    profile       text        NOT NULL DEFAULT 'not_asked'
        CONSTRAINT tenants_profile_known CHECK (profile IN ('not_asked', 'skipped', 'given')),
    industry      text,
    company_size  text,
    business_type text,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT tenants_profile_whole CHECK (
        (profile = 'given') = (industry IS NOT NULL AND company_size IS NOT NULL AND business_type IS NOT NULL))
);
CREATE INDEX tenants_by_time ON tenants (created_at DESC, id DESC);
CALL raise_tenant_wall('tenants', 'id');

CREATE TABLE memberships (
    tenant_id  uuid        NOT NULL CONSTRAINT memberships_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    user_id    uuid        NOT NULL CONSTRAINT memberships_user REFERENCES users (id) ON DELETE CASCADE,
    role       text        NOT NULL
        CONSTRAINT memberships_role_known CHECK (role IN ('owner', 'admin', 'operator', 'viewer')),
    created_at timestamptz NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (tenant_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);
CALL raise_tenant_wall('memberships');

GRANT USAGE ON SCHEMA public TO hub_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON users, tenants, memberships TO hub_app;
