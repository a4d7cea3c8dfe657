-- Tenants hold logins on the tenant database, which may be on the same server: none of them may even connect here.
-- The embedded databases are made this way; this is for those that an operator brings.
DO $$
BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO hub_app', current_database());
    EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'database % stays open to every login: its owner is somebody else', current_database();
END
$$;
