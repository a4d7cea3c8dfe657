-- Whoever remembers names of connections (`hub::names`) is told when what is remembered no longer holds.
CREATE FUNCTION tell_names_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('names_changed', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER names_come_and_go AFTER INSERT OR DELETE ON connections
    FOR EACH STATEMENT EXECUTE FUNCTION tell_names_changed();

CREATE TRIGGER names_change AFTER UPDATE ON connections
    FOR EACH ROW
    WHEN ((OLD.name, OLD.integration, OLD.stage = 'removing') IS DISTINCT FROM (NEW.name, NEW.integration, NEW.stage = 'removing'))
    EXECUTE FUNCTION tell_names_changed();

CREATE TRIGGER names_of_tenants_change AFTER UPDATE ON tenants
    FOR EACH ROW
    WHEN (OLD.name IS DISTINCT FROM NEW.name)
    EXECUTE FUNCTION tell_names_changed();
