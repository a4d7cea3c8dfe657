-- Schemes that sign the body alone let whoever recorded a delivery choose its id: such an event is known by what was signed.
ALTER TABLE webhook_events ADD COLUMN signed bytea;
CREATE UNIQUE INDEX webhook_events_signed ON webhook_events (tenant_id, connection_id, signed) WHERE signed IS NOT NULL;
