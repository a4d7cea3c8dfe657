-- What a source offers and what a person chose of it.
CREATE TABLE connection_streams (
    tenant_id      uuid     NOT NULL,
    connection_id  uuid     NOT NULL,
    -- '' when the source has no namespaces
    namespace      text     NOT NULL DEFAULT '',
    name           text     NOT NULL,
    position       integer  NOT NULL,
    -- [{name, kind, personal}] of the top-level fields
    fields         jsonb    NOT NULL,
    -- what source and destination allow together, best first
    modes          text[]   NOT NULL,
    -- fixed by the source
    source_key     text[],
    source_cursor  boolean  NOT NULL,
    default_cursor text,
    -- the table it lands in
    table_name     text     NOT NULL,
    selected       boolean  NOT NULL,
    mode           text     NOT NULL,
    primary_key    text[]   NOT NULL DEFAULT '{}',
    cursor_field   text,
    -- NULL: all of them, new ones included
    chosen_fields  text[],
    -- what the last complete run left behind
    table_rows     bigint,
    landed_at      timestamptz,
    CONSTRAINT connection_streams_pkey PRIMARY KEY (tenant_id, connection_id, namespace, name),
    CONSTRAINT connection_streams_connection FOREIGN KEY (tenant_id, connection_id)
        REFERENCES connections (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX connection_streams_by_table ON connection_streams (tenant_id, table_name);
CALL raise_tenant_wall('connection_streams');

GRANT SELECT, INSERT, UPDATE, DELETE ON connection_streams TO hub_app;
