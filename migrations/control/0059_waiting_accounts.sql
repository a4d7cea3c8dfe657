-- Whose sign-in waits with a test: where giving one back ends all that its account granted, it stays for those that wait, too.
ALTER TABLE connection_tests
    -- in clear beside `granted`, as `oauth_grants` tells it; NULL of one from before, which may be at any provider
    ADD COLUMN granted_provider   text,
    -- NULL also where the provider does not say who it was: it may be any account
    ADD COLUMN granted_account    text,
    -- to the tenant's own client rather than to the platform's
    ADD COLUMN granted_own_client boolean;
