-- Integrations that a tenant describes itself, as integration YAML.
CREATE TABLE own_integrations (
    tenant_id     uuid        NOT NULL CONSTRAINT own_integrations_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    -- made from tenant and name, so that the same name is the same integration again
    slug          text        NOT NULL,
    name          text        NOT NULL,
    description   text        NOT NULL,
    -- names of its endpoints
    tables        text[]      NOT NULL,
    -- the whole text it was read from
    document      text        NOT NULL,
    -- what the Airbyte of this hub calls it
    definition_id uuid        NOT NULL,
    created_by    text        NOT NULL,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT own_integrations_pkey PRIMARY KEY (tenant_id, slug)
);
CALL raise_tenant_wall('own_integrations');

GRANT SELECT, INSERT, UPDATE, DELETE ON own_integrations TO hub_app;
