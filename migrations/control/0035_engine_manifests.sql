-- Sources of one's own: low-code manifests that a workspace brings through the API.

CREATE TABLE engine.manifests (
    -- the definition's id
    id           uuid        NOT NULL CONSTRAINT manifests_pkey PRIMARY KEY,
    workspace_id uuid        NOT NULL CONSTRAINT manifests_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    name         text        NOT NULL,
    -- as text: what it holds is nobody's business here, and jsonb refuses some of it
    manifest     json        NOT NULL,
    -- counts the manifests this definition has had
    version      bigint      NOT NULL DEFAULT 1,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX manifests_by_workspace ON engine.manifests (workspace_id, created_at, id);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'hub_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON engine.manifests TO hub_app;
    END IF;
END
$$;
