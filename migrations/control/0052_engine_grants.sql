-- What people granted through the engine's own API: what renews it and gives it back, and which sources live by it.

CREATE TABLE engine.oauth_grants (
    id           uuid        NOT NULL CONSTRAINT oauth_grants_pkey PRIMARY KEY,
    -- refers to nothing: what was granted is given back after its workspace is gone, too
    workspace_id uuid        NOT NULL,
    -- the connector it is for, as `sourceType` names it
    source_type  text        NOT NULL,
    -- at which provider of the list, to which client, and by whom; NULL where the provider does not say
    provider     text        NOT NULL,
    client_id    text        NOT NULL,
    account_id   text,
    -- the client, the answers in the provider's addresses, and the tokens that no source holds
    sealed       bytea       NOT NULL,
    -- the provider does not renew it any more: a person must sign in again
    ended        boolean     NOT NULL DEFAULT false,
    -- until then a source may be made with it
    open_until   timestamptz NOT NULL,
    -- its last source was removed, and it waits to be given back
    left_at      timestamptz
);
CREATE INDEX oauth_grants_over ON engine.oauth_grants (open_until);
CREATE INDEX oauth_grants_by_client ON engine.oauth_grants (provider, client_id);

ALTER TABLE engine.sources
    -- NULL: nobody signed in for it by the engine's own API
    ADD COLUMN grant_id uuid CONSTRAINT sources_grant REFERENCES engine.oauth_grants (id) ON DELETE SET NULL;
CREATE INDEX sources_by_grant ON engine.sources (grant_id) WHERE grant_id IS NOT NULL;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'hub_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON engine.oauth_grants TO hub_app;
    END IF;
END
$$;
