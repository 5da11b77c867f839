-- Links by which people join an organisation.
CREATE TABLE invites (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    -- SHA-256 of the token in the link.
    token_hash BYTEA NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    -- For whom, in lower case; NULL: the link is handed over by hand.
    email TEXT,
    invited_by UUID REFERENCES users (id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    used_by UUID REFERENCES users (id) ON DELETE SET NULL,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX invites_open ON invites (org_id, id) WHERE used_at IS NULL AND revoked_at IS NULL;

-- Who was a member and as what, so that a removal can be taken back.
CREATE TABLE former_members (
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    removed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
