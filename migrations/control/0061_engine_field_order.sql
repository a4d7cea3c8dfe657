-- The columns of a table come in the order in which its source tells its fields. jsonb sorts them, json keeps them: the
-- catalogue of a source, the streams chosen of it, and the catalogue of a job.
ALTER TABLE engine.catalogs ALTER COLUMN catalog TYPE json USING catalog::json;
ALTER TABLE engine.connections ALTER COLUMN streams TYPE json USING streams::json;
ALTER TABLE engine.jobs ALTER COLUMN catalog TYPE json USING catalog::json;
