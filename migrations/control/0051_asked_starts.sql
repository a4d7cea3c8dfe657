-- An Airbyte elsewhere was asked for the job of a try, and whether that began is not known before its answer is here: the
-- newest job of the connection that there was before (0: none). What is newer may be the one, also for a run that was
-- stopped, or whose process ended, before anybody looked. The try's started_at is when it was asked.
ALTER TABLE run_decisions ADD COLUMN asked_after bigint;
