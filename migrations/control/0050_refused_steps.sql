-- A step may be done and what it made still be of no use yet: an Airbyte elsewhere that does not reach the tenant's tables.
-- That keeps nobody from the direct way, so it is kept beside the step's state, until the answer is another one.
ALTER TABLE provision_steps ADD COLUMN refusal text;
