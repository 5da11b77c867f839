-- This installation: one row.
CREATE TABLE instance (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    instance_id UUID NOT NULL,
    -- Which key file seals this database's secrets: a wrong one is refused at start.
    key_fingerprint TEXT NOT NULL,
    -- Hash of the one-time token of the set-up page; NULL once an owner exists.
    setup_token_hash BYTEA,
    heartbeat_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);

-- Counters behind login limits and the like; a row past its reset means nothing.
CREATE TABLE throttles (
    key TEXT PRIMARY KEY,
    count BIGINT NOT NULL,
    resets_at TIMESTAMPTZ NOT NULL
);
