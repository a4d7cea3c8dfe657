-- Connectors of the hub's Airbyte that the bundled catalogue does not know. Kept, so that what was connected with one has its
-- name and its way on while that Airbyte cannot be asked.
CREATE TABLE offered_sources (
    definition_id uuid        NOT NULL CONSTRAINT offered_sources_pkey PRIMARY KEY,
    -- never changes: connections are known by it
    slug          text        NOT NULL CONSTRAINT offered_sources_slug_unique UNIQUE,
    name          text        NOT NULL,
    source_type   text        NOT NULL,
    seen_at       timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON offered_sources TO hub_app;
