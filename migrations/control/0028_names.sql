-- Connections are found by name or pattern over all tenants, too.
CREATE INDEX connections_by_name_pattern ON connections (lower(name) text_pattern_ops);
