-- Signed-in browsers, e-mail codes and reset tokens. Of each secret only a hash is kept.
CREATE TABLE sessions (
    id           uuid        NOT NULL CONSTRAINT sessions_pkey PRIMARY KEY,
    token_hash   bytea       NOT NULL CONSTRAINT sessions_token_unique UNIQUE,
    user_id      uuid        CONSTRAINT sessions_user REFERENCES users (id) ON DELETE CASCADE,
    epoch        integer     NOT NULL DEFAULT 0,
    data         jsonb       NOT NULL,
    ip           text        NOT NULL DEFAULT '',
    user_agent   text        NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A claim to an address that waits for its code. Its id is the person's own at first. Whoever signs up with an address
-- that was never proven gets another claim to it, whose password takes effect only with its code; whoever signs up with
-- somebody's proven address gets a claim to nobody, so that the two look the same.
CREATE TABLE email_claims (
    id            uuid        NOT NULL CONSTRAINT email_claims_pkey PRIMARY KEY,
    user_id       uuid        CONSTRAINT email_claims_user REFERENCES users (id) ON DELETE CASCADE,
    email         text        NOT NULL,
    password_hash text,
    code_hash     bytea       NOT NULL,
    attempts      integer     NOT NULL DEFAULT 0,
    expires_at    timestamptz NOT NULL
);
CREATE INDEX email_claims_by_user ON email_claims (user_id);

CREATE TABLE password_resets (
    token_hash bytea       NOT NULL CONSTRAINT password_resets_pkey PRIMARY KEY,
    user_id    uuid        NOT NULL CONSTRAINT password_resets_user REFERENCES users (id) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX password_resets_by_user ON password_resets (user_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, email_claims, password_resets TO hub_app;
