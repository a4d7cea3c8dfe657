-- What the provisioner may do, and nothing else: it has no right to create roles or schemas itself.
-- Every name is made here from an id of fixed form. Passwords come as SCRAM verifiers only.

CREATE FUNCTION tenant_name(id text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF id IS NULL OR id !~ '^[0-9a-z]{26}$' THEN
        RAISE EXCEPTION 'not the id of a tenant';
    END IF;
    RETURN 't_' || id;
END
$$;

CREATE FUNCTION check_verifier(verifier text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF verifier IS NULL OR verifier !~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$' THEN
        RAISE EXCEPTION 'a password must come as a SCRAM verifier';
    END IF;
END
$$;

-- A login that exists keeps its rights and gets the password.
CREATE FUNCTION ensure_login(login text, verifier text, connections integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM hub.check_verifier(verifier);
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
        EXECUTE format('CREATE ROLE %I', login);
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L CONNECTION LIMIT %s', login, verifier, connections);
    EXECUTE format('ALTER ROLE %I SET temp_file_limit = ''1GB''', login);
    EXECUTE format('GRANT %I TO %I', current_database() || '_logins', login);
END
$$;

-- Schema, owner, the loader's login and a reader's login. Safe to repeat.
CREATE FUNCTION tenant_create(id text, load_verifier text, read_verifier text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant text := hub.tenant_name(id);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = tenant || '_owner') THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', tenant || '_owner');
    END IF;
    PERFORM hub.ensure_login(tenant || '_load', load_verifier, 32);
    PERFORM hub.ensure_login(tenant || '_read', read_verifier, 8);
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', tenant, tenant || '_owner');
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA %I TO %I', tenant, tenant || '_load');
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', tenant, tenant || '_read');
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', tenant, tenant || '_read');
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT SELECT ON TABLES TO %I',
        tenant || '_load', tenant, tenant || '_read');
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = %I', tenant || '_load', current_database(), tenant);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = %I', tenant || '_read', current_database(), tenant);
    EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', tenant || '_read');
    RETURN tenant;
END
$$;

-- Removes up to `most` tables and views, so that one statement never needs more locks than there are. Returns how many are left.
CREATE FUNCTION tenant_drop_tables(id text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant text := hub.tenant_name(id);
    victim record;
BEGIN
    FOR victim IN
        SELECT relname, relkind
        FROM pg_class
        WHERE relnamespace = to_regnamespace(quote_ident(tenant))
          AND relkind IN ('r', 'p', 'v', 'm', 'f')
        ORDER BY relkind = 'v' DESC, oid
        LIMIT most
    LOOP
        EXECUTE format('DROP %s IF EXISTS %I.%I CASCADE',
            CASE victim.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
            tenant, victim.relname);
    END LOOP;
    RETURN (SELECT count(*) FROM pg_class
            WHERE relnamespace = to_regnamespace(quote_ident(tenant)) AND relkind IN ('r', 'p', 'v', 'm', 'f'));
END
$$;

-- Removes the emptied schema and every role of the tenant, apps' logins included. Safe to repeat.
CREATE FUNCTION tenant_drop(id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant text := hub.tenant_name(id);
    role_name text;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(usename::text, tenant || '_');
    EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', tenant);
    FOR role_name IN SELECT rolname FROM pg_roles WHERE starts_with(rolname::text, tenant || '_') LOOP
        EXECUTE format('DROP OWNED BY %I', role_name);
        EXECUTE format('DROP ROLE %I', role_name);
    END LOOP;
END
$$;

-- Shuts every login of the tenant and ends its sessions. Returns how many sessions that were.
CREATE FUNCTION tenant_suspend(id text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant text := hub.tenant_name(id);
    role_name text;
BEGIN
    FOR role_name IN SELECT rolname FROM pg_roles WHERE starts_with(rolname::text, tenant || '_') AND rolcanlogin LOOP
        EXECUTE format('ALTER ROLE %I NOLOGIN', role_name);
    END LOOP;
    RETURN (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE starts_with(usename::text, tenant || '_'));
END
$$;

CREATE FUNCTION tenant_resume(id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant text := hub.tenant_name(id);
    role_name text;
BEGIN
    FOR role_name IN
        SELECT rolname FROM pg_roles WHERE starts_with(rolname::text, tenant || '_') AND rolname <> tenant || '_owner'
    LOOP
        EXECUTE format('ALTER ROLE %I LOGIN', role_name);
    END LOOP;
END
$$;

-- Every table of the tenant with its estimated rows and its size on disk.
CREATE FUNCTION tenant_tables(id text) RETURNS TABLE (table_name text, estimated_rows bigint, bytes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT relname::text, greatest(reltuples, 0)::bigint, pg_total_relation_size(oid)
    FROM pg_class
    WHERE relnamespace = to_regnamespace(quote_ident(hub.tenant_name(id)))
      AND relkind IN ('r', 'p', 'm')
    ORDER BY relname
$$;

-- Logins of the tenant in all, with the sessions they have now.
CREATE FUNCTION tenant_logins(id text) RETURNS TABLE (login text, may_log_in boolean, sessions bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT rolname::text, rolcanlogin, (SELECT count(*) FROM pg_stat_activity WHERE usesysid = pg_roles.oid)
    FROM pg_roles
    WHERE starts_with(rolname::text, hub.tenant_name(id) || '_')
    ORDER BY rolname
$$;
