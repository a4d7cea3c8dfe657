-- The account of a Salesforce sign-in is the organisation whose rows are read, no longer the person: grants hold its address as
-- the account's name. Zoho tells a data centre only, which is nobody's account. A colleague who signs in again would otherwise
-- be taken for somebody else, and every new sign-in at Zoho for one that might be anybody's.
SET LOCAL app.platform = 'on';

UPDATE oauth_grants
SET account_id = account_name
WHERE provider = 'salesforce'
  -- not what an operator's own description of it took for the account
  AND account_id LIKE 'https://%/id/%/%'
  AND account_name LIKE 'https://%';

UPDATE oauth_grants
SET account_id = NULL, account_name = NULL
WHERE provider = 'zoho'
  AND account_id LIKE 'https://%';
