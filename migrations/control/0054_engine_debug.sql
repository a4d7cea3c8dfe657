-- A job may be asked to tell in its log what it asks of the source: each of its attempts does.
ALTER TABLE engine.jobs ADD COLUMN debug boolean NOT NULL DEFAULT false;
