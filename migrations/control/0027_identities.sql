-- Accounts elsewhere that people sign in with.
CREATE TABLE user_identities (
    issuer    text        NOT NULL,
    -- the issuer's own, unchanging name for the person
    subject   text        NOT NULL,
    user_id   uuid        NOT NULL CONSTRAINT user_identities_user REFERENCES users (id) ON DELETE CASCADE,
    linked_at timestamptz NOT NULL,
    CONSTRAINT user_identities_pkey PRIMARY KEY (issuer, subject)
);
CREATE INDEX user_identities_by_user ON user_identities (user_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON user_identities TO hub_app;
