-- Keys that somebody typed over what signing in had filled: when their test passes, the sign-in is over.
ALTER TABLE connection_tests ADD COLUMN replaces_grant boolean NOT NULL DEFAULT false;
