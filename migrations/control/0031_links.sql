-- Links that let somebody without an account connect one integration.
CREATE TABLE connect_links (
    tenant_id     uuid        NOT NULL CONSTRAINT connect_links_tenant REFERENCES tenants (id) ON DELETE CASCADE,
    id            uuid        NOT NULL,
    -- SHA-256 of what stands in the link
    token_hash    bytea       NOT NULL CONSTRAINT connect_links_token_unique UNIQUE,
    integration   text        NOT NULL,
    -- NULL until its form was sent, where the connection does not exist yet
    connection_id uuid,
    -- for a connection that exists: without it there is nothing to do
    renews        boolean     NOT NULL,
    -- name of the connection to be made
    name          text        NOT NULL,
    sent_to       text        NOT NULL,
    created_by    text        NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    -- one browser took it: no other can
    opened_at     timestamptz,
    finished_at   timestamptz,
    revoked_at    timestamptz,
    CONSTRAINT connect_links_pkey PRIMARY KEY (tenant_id, id),
    CONSTRAINT connect_links_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE SET NULL (connection_id)
);
CREATE INDEX connect_links_to_sweep ON connect_links (expires_at);
CALL raise_tenant_wall('connect_links');

GRANT SELECT, INSERT, UPDATE, DELETE ON connect_links TO hub_app;

-- NULL: somebody with a link, who is no person here
ALTER TABLE oauth_flows ALTER COLUMN user_id DROP NOT NULL;
-- whose link it was begun by: no other finishes it, nor does a person
ALTER TABLE oauth_flows ADD COLUMN link_id uuid;
