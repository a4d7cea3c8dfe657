-- A try that failed may have come further before: what it brought, its state covers, and nobody reads it again. Such a try says
-- nothing against the way it took, so whoever decides what comes next has to know; so has whoever tries another policy on it.
SET LOCAL app.platform = 'on';

ALTER TABLE run_decisions ADD COLUMN advanced boolean NOT NULL DEFAULT false;

-- Tries of one job were given all that their job had brought until then. Each has its own from here on; what an earlier one read
-- without committing it, the next one read again.
UPDATE run_decisions AS own
SET rows_read = GREATEST(own.rows_read - earlier.written, 0),
    rows_written = GREATEST(own.rows_written - earlier.written, 0),
    bytes = GREATEST(own.bytes - earlier.bytes, 0)
FROM (SELECT tenant_id, run_id, n,
             lag(rows_written) OVER of_job AS written,
             lag(bytes) OVER of_job AS bytes
      FROM run_decisions
      WHERE route = 'direct'
        AND engine_job IS NOT NULL
        AND finished_at IS NOT NULL
      WINDOW of_job AS (PARTITION BY tenant_id, run_id, engine_job ORDER BY n)) AS earlier
WHERE earlier.tenant_id = own.tenant_id
  AND earlier.run_id = own.run_id
  AND earlier.n = own.n
  AND earlier.written IS NOT NULL;
