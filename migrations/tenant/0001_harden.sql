-- Tenants hold SQL logins in this database. What every login may do by default, and need not, is taken away once.
-- Run by the superuser; runs in the schema "hub", which holds our functions and nothing of any tenant.
DO $$
DECLARE
    other text;
    routine regprocedure;
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    -- Databases that every cluster has: nobody who is not named may even connect. Asked first, because two hubs that
    -- change the same row at once disturb each other.
    FOR other IN
        SELECT datname
        FROM pg_database
        WHERE datname IN ('postgres', 'template1')
          AND (has_database_privilege('public', oid, 'CONNECT') OR has_database_privilege('public', oid, 'TEMPORARY'))
    LOOP
        BEGIN
            EXECUTE format('REVOKE CONNECT, TEMPORARY ON DATABASE %I FROM PUBLIC', other);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE WARNING 'database % stays open to every login: its owner is somebody else', other;
        END;
    END LOOP;
    -- Large objects fill the disk beyond every quota; advisory locks block others.
    FOR routine IN
        SELECT oid::regprocedure
        FROM pg_proc
        WHERE pronamespace = 'pg_catalog'::regnamespace
          AND (proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_put', 'lowrite', 'lo_open', 'lo_import', 'lo_export')
            OR proname LIKE 'pg%advisory%')
    LOOP
        BEGIN
            EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', routine);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE WARNING '% stays callable by every login', routine;
        END;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC;
REVOKE ALL ON SCHEMA hub FROM PUBLIC;
GRANT USAGE ON SCHEMA hub TO hub_provisioner;
DO $$
BEGIN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO hub_provisioner', current_database());
    -- Tenants' logins connect as members of one group, so that the list of rights of the database stays short.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = current_database() || '_logins') THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', current_database() || '_logins');
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), current_database() || '_logins');
END
$$;
