-- A job may be bound to fewer attempts than the engine would make, and to Airbyte's own runtime for low-code manifests:
-- whoever decides between routes tries each by itself.

ALTER TABLE engine.jobs
    -- NULL: as many as the engine makes by itself
    ADD COLUMN attempts_allowed integer CONSTRAINT jobs_attempts_allowed CHECK (attempts_allowed > 0),
    ADD COLUMN runtime text NOT NULL DEFAULT 'own' CONSTRAINT jobs_runtime_known CHECK (runtime IN ('own', 'airbyte'));
