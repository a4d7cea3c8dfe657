-- What was granted for a test, sealed with the tenant's key: only a test that passes puts it in the place of an older grant.
ALTER TABLE connection_tests ADD COLUMN granted bytea;
