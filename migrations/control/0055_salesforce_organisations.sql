-- The account of a Salesforce sign-in is the organisation whose rows are read, no longer the person: grants hold an address that
-- ends with both. Zoho tells a data centre only, which is nobody's account. A colleague who signs in again would otherwise be
-- taken for somebody else, and every new sign-in at Zoho for one that might be anybody's.
SET LOCAL app.platform = 'on';

UPDATE oauth_grants
SET account_id = split_part(account_id, '/', 5)
WHERE provider = 'salesforce'
  -- not what an operator's own description of it took for the account
  AND account_id ~ '^https://[^/]+/id/[^/]+/[^/]+$';

UPDATE oauth_grants
SET account_id = NULL, account_name = NULL
WHERE provider = 'zoho'
  AND account_id LIKE 'https://%';

UPDATE engine.oauth_grants
SET account_id = split_part(account_id, '/', 5)
WHERE provider = 'salesforce'
  AND account_id ~ '^https://[^/]+/id/[^/]+/[^/]+$';

UPDATE engine.oauth_grants
SET account_id = NULL
WHERE provider = 'zoho'
  AND account_id LIKE 'https://%';
