-- A job tells whether it came further since it was started, or opened again after it had failed.
ALTER TABLE engine.jobs ADD COLUMN advanced boolean NOT NULL DEFAULT false;
