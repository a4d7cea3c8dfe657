-- When somebody last looked at a run: only then an Airbyte elsewhere is asked for its progress.
ALTER TABLE runs ADD COLUMN watched_at timestamptz;
