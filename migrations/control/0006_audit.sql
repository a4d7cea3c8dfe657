-- The audit trail: one hash chain a tenant and one for the platform (the nil id). Rows enter through audit_append only.
CREATE TABLE audit_chains (
    chain_id uuid    NOT NULL CONSTRAINT audit_chains_pkey PRIMARY KEY,
    n        bigint  NOT NULL DEFAULT 0,
    mac      bytea   NOT NULL,
    -- seals the personal part of the lines; destroying it erases them without breaking the chain
    key_id   integer NOT NULL,
    wrapped  bytea
);
CALL raise_tenant_wall('audit_chains', 'chain_id');

CREATE TABLE audit_lines (
    chain_id   uuid        NOT NULL CONSTRAINT audit_lines_chain REFERENCES audit_chains (chain_id),
    n          bigint      NOT NULL,
    at         timestamptz NOT NULL,
    -- a person's id, a key's id, `system` or `operator`
    actor      text        NOT NULL,
    -- the person, for showing the address; deleting the person leaves the line
    actor_user uuid,
    action     text        NOT NULL,
    target     text        NOT NULL,
    -- sealed: address and details
    detail     bytea       NOT NULL,
    mac_key_id integer     NOT NULL,
    prev       bytea       NOT NULL,
    mac        bytea       NOT NULL,
    CONSTRAINT audit_lines_pkey PRIMARY KEY (chain_id, n)
);
CREATE INDEX audit_lines_by_time ON audit_lines (at DESC, chain_id DESC, n DESC);
CALL raise_tenant_wall('audit_lines', 'chain_id');

CREATE FUNCTION audit_refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$ BEGIN RAISE EXCEPTION 'the audit trail does not change'; END $$;
CREATE TRIGGER audit_lines_fixed BEFORE UPDATE OR DELETE ON audit_lines
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_lines_kept BEFORE TRUNCATE ON audit_lines
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Starts a chain; a second call changes nothing.
CREATE FUNCTION audit_open(chain uuid, sealing_key_id integer, sealing_key bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO public.audit_chains (chain_id, mac, key_id, wrapped)
    VALUES (chain, decode(repeat('00', 32), 'hex'), sealing_key_id, sealing_key)
    ON CONFLICT (chain_id) DO NOTHING
$$;

-- Locks the head until the transaction ends, so that lines of one chain queue up.
CREATE FUNCTION audit_head(chain uuid, OUT last_n bigint, OUT last_mac bytea, OUT sealing_key_id integer, OUT sealing_key bytea)
RETURNS SETOF record
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT n, mac, key_id, wrapped
    FROM public.audit_chains
    WHERE chain_id = chain
    FOR UPDATE
$$;

-- Appends the line after the head; anything else is refused. The mac is made by the program, which has the key.
CREATE FUNCTION audit_append(
    chain uuid, line_n bigint, line_at timestamptz, line_actor text, line_actor_user uuid, line_action text, line_target text,
    line_detail bytea, line_mac_key_id integer, line_prev bytea, line_mac bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE public.audit_chains
    SET n = line_n, mac = line_mac
    WHERE chain_id = chain AND n = line_n - 1 AND mac = line_prev;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'audit line % does not follow the head of its chain', line_n;
    END IF;
    INSERT INTO public.audit_lines (chain_id, n, at, actor, actor_user, action, target, detail, mac_key_id, prev, mac)
    VALUES (chain, line_n, line_at, line_actor, line_actor_user, line_action, line_target, line_detail, line_mac_key_id, line_prev, line_mac);
END
$$;

-- After a change of the key-encryption key, or with NULL to erase what the lines of a deleted tenant say.
CREATE FUNCTION audit_rekey(chain uuid, sealing_key_id integer, sealing_key bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE public.audit_chains
    SET key_id = sealing_key_id, wrapped = sealing_key
    WHERE chain_id = chain AND wrapped IS NOT NULL
$$;

REVOKE EXECUTE ON FUNCTION audit_open, audit_head, audit_append, audit_rekey FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_open, audit_head, audit_append, audit_rekey TO hub_app;
GRANT SELECT ON audit_chains, audit_lines TO hub_app;
