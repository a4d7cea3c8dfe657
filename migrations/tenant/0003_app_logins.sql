-- Logins of generated apps: read-only, and only the tables the app was given.

CREATE FUNCTION app_login_name(id text, app text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT hub.tenant_name(id) || '_a' || substr(hub.tenant_name(app), 2) $$;

-- Makes the login or gives it another password. Safe to repeat. Returns its name.
CREATE FUNCTION app_login_create(id text, app text, verifier text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant text := hub.tenant_name(id);
    login text := hub.app_login_name(id, app);
BEGIN
    PERFORM hub.ensure_login(login, verifier, 8);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', tenant, login);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET search_path = %I', login, current_database(), tenant);
    EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', login);
    RETURN login;
END
$$;

-- Lets the login read exactly these tables from now on. Names without a table yet are passed over; returns those that exist.
CREATE FUNCTION app_login_grant(id text, app text, table_names text[]) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant text := hub.tenant_name(id);
    login text := hub.app_login_name(id, app);
    found text;
BEGIN
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM %I', tenant, login);
    FOR found IN
        SELECT relname::text
        FROM pg_class
        WHERE relnamespace = to_regnamespace(quote_ident(tenant))
          AND relkind IN ('r', 'p', 'v', 'm')
          AND relname = ANY(table_names)
        ORDER BY relname
    LOOP
        EXECUTE format('GRANT SELECT ON %I.%I TO %I', tenant, found, login);
        RETURN NEXT found;
    END LOOP;
END
$$;

-- Ends the login and its sessions. Safe to repeat.
CREATE FUNCTION app_login_drop(id text, app text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    login text := hub.app_login_name(id, app);
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
        EXECUTE format('ALTER ROLE %I NOLOGIN', login);
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = login;
        EXECUTE format('DROP OWNED BY %I', login);
        EXECUTE format('DROP ROLE %I', login);
    END IF;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hub FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    tenant_create, tenant_drop_tables, tenant_drop, tenant_suspend, tenant_resume, tenant_tables, tenant_logins,
    app_login_create, app_login_grant, app_login_drop
TO hub_provisioner;
