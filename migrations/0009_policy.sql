-- What becomes of late posts, and how many go out. NULL: as the instance is configured.
ALTER TABLE organisations ADD COLUMN late_minutes BIGINT CHECK (late_minutes BETWEEN 1 AND 43200);
ALTER TABLE organisations ADD COLUMN late_policy TEXT CHECK (late_policy IN ('next_free_slot', 'hold', 'skip'));
-- Posts a minute and channel while a backlog is worked off.
ALTER TABLE organisations ADD COLUMN burst_per_minute BIGINT CHECK (burst_per_minute BETWEEN 1 AND 60);
-- Posts an hour and channel at most.
ALTER TABLE organisations ADD COLUMN channel_per_hour BIGINT CHECK (channel_per_hour BETWEEN 1 AND 10000);

-- NULL: as the organisation has it.
ALTER TABLE channels ADD COLUMN late_minutes BIGINT CHECK (late_minutes BETWEEN 1 AND 43200);
ALTER TABLE channels ADD COLUMN late_policy TEXT CHECK (late_policy IN ('next_free_slot', 'hold', 'skip'));

-- SHA-256 of text and media: finds the same content on the same channel. NULL: written before there was one.
ALTER TABLE parts ADD COLUMN content_hash BYTEA;
CREATE INDEX parts_content ON parts (channel_id, content_hash) WHERE content_hash IS NOT NULL AND position = 0;

-- What has been used of each limit, so that neither a crash nor a restart forgets it.
CREATE TABLE buckets (
    -- What is limited, and by which limit: `app/<provider>/<n>`, `organisation/<id>/<provider>/<n>`, `channel/<id>/<n>`.
    key TEXT PRIMARY KEY,
    -- NULL for what the whole instance shares.
    org_id UUID REFERENCES organisations (id) ON DELETE CASCADE,
    -- Of a bucket that refills: when it is full again. Earlier: it is full.
    full_at TIMESTAMPTZ NOT NULL,
    -- Of a rolling cap: array of [microseconds since 1970, count].
    taken JSONB NOT NULL
);
