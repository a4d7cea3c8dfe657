-- Connections that the engine starts by itself, and the tags that sort them.
ALTER TABLE engine.connections
    -- NULL: it runs when it is asked to
    ADD COLUMN next_run_at timestamptz;
CREATE INDEX connections_due ON engine.connections (next_run_at) WHERE next_run_at IS NOT NULL;

CREATE TABLE engine.tags (
    id           uuid        NOT NULL CONSTRAINT tags_pkey PRIMARY KEY,
    workspace_id uuid        NOT NULL CONSTRAINT tags_workspace REFERENCES engine.workspaces (id) ON DELETE CASCADE,
    name         text        NOT NULL,
    color        text        NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tags_name_once UNIQUE (workspace_id, name),
    -- what connection_tags refers to, so that no tag is on a connection of another workspace
    CONSTRAINT tags_of_workspace UNIQUE (workspace_id, id)
);
ALTER TABLE engine.connections ADD CONSTRAINT connections_of_workspace UNIQUE (workspace_id, id);

CREATE TABLE engine.connection_tags (
    workspace_id  uuid NOT NULL,
    connection_id uuid NOT NULL,
    tag_id        uuid NOT NULL,
    CONSTRAINT connection_tags_pkey PRIMARY KEY (connection_id, tag_id),
    CONSTRAINT connection_tags_connection FOREIGN KEY (workspace_id, connection_id)
        REFERENCES engine.connections (workspace_id, id) ON DELETE CASCADE,
    CONSTRAINT connection_tags_tag FOREIGN KEY (workspace_id, tag_id)
        REFERENCES engine.tags (workspace_id, id) ON DELETE CASCADE
);
CREATE INDEX connection_tags_by_tag ON engine.connection_tags (tag_id);

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'hub_app') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE ON engine.tags, engine.connection_tags TO hub_app;
    END IF;
END
$$;
