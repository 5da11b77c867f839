CREATE TABLE users (
    id UUID PRIMARY KEY,
    -- Lower case.
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- argon2id in PHC form; bcrypt from an import until the next login.
    password_hash TEXT NOT NULL,
    -- May administer the whole instance.
    operator BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE organisations (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    -- IANA zone of new channels and of the pages.
    zone TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE memberships (
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
CREATE INDEX memberships_user ON memberships (user_id);

-- One per organisation: the key of /public/v1.
CREATE TABLE api_keys (
    org_id UUID PRIMARY KEY REFERENCES organisations (id) ON DELETE CASCADE,
    key_hash BYTEA NOT NULL UNIQUE,
    -- The last characters, to recognise it by.
    hint TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);

CREATE TABLE sessions (
    id UUID PRIMARY KEY,
    -- SHA-256 of the cookie.
    token_hash BYTEA NOT NULL UNIQUE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
