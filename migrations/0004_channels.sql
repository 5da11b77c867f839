CREATE TABLE channels (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    -- The account's id at the platform.
    remote_id TEXT NOT NULL,
    name TEXT NOT NULL,
    handle TEXT NOT NULL,
    picture TEXT,
    url TEXT,
    -- Sealed JSON of the provider's own shape; place `channels/<id>`.
    credentials BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'reconnect')),
    -- Why it must be reconnected, in the platform's words.
    reason TEXT,
    -- IANA zone of its slots.
    zone TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ,
    UNIQUE (org_id, provider, remote_id)
);

-- Weekly posting times in the channel's zone.
CREATE TABLE slots (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    channel_id UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    -- Minutes after midnight on the wall clock.
    minute BIGINT NOT NULL CHECK (minute BETWEEN 0 AND 1439),
    -- Bit 0 is Monday, bit 6 Sunday.
    weekdays BIGINT NOT NULL CHECK (weekdays BETWEEN 1 AND 127),
    UNIQUE (channel_id, minute)
);
