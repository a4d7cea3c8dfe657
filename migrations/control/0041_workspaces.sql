-- No two tenants ever work in the same workspace of an engine, whoever prepares them at once.
CREATE UNIQUE INDEX provision_steps_workspace_once ON provision_steps (external_id)
    WHERE name = 'workspace' AND state = 'done';
