-- When an endpoint got the address it has: a form that asks for another one, and is sent again because its answer was loaded
-- again, is told by it.
ALTER TABLE webhooks ADD COLUMN address_made_at timestamptz;
UPDATE webhooks SET address_made_at = created_at;
ALTER TABLE webhooks ALTER COLUMN address_made_at SET NOT NULL;
