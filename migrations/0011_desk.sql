-- When the first request of a target was begun, and how long after it could have been sent.
ALTER TABLE targets ADD COLUMN begun_at TIMESTAMPTZ;
ALTER TABLE targets ADD COLUMN lateness_ms BIGINT;
-- A person wants nothing more to be done about what failed.
ALTER TABLE targets ADD COLUMN dropped_at TIMESTAMPTZ;
CREATE INDEX targets_begun ON targets (begun_at, lateness_ms, channel_id) WHERE begun_at IS NOT NULL;

-- What waits for a person, newest first; and the same by kind. The queries repeat these words, so that they run along here.
CREATE INDEX targets_inbox ON targets (org_id, due_at, id)
    WHERE state IN ('needs_you', 'failed', 'published_incomplete', 'held', 'missed') AND dropped_at IS NULL AND deleted_at IS NULL;
CREATE INDEX targets_inbox_kind ON targets (org_id,
    (CASE state WHEN 'held' THEN 'held_' || COALESCE(reason, 'other') WHEN 'published_incomplete' THEN 'failed' ELSE state END), due_at, id)
    WHERE state IN ('needs_you', 'failed', 'published_incomplete', 'held', 'missed') AND dropped_at IS NULL AND deleted_at IS NULL;
CREATE INDEX channels_reconnect ON channels (org_id) WHERE state = 'reconnect' AND deleted_at IS NULL;
CREATE INDEX parts_uncertain ON parts (org_id) WHERE state = 'uncertain';

-- Posts found on the platform that may be a part whose outcome is unknown: array of {remote, text, at, likeness}.
ALTER TABLE parts ADD COLUMN candidates JSONB;
-- When they were looked for.
ALTER TABLE parts ADD COLUMN candidates_at TIMESTAMPTZ;

-- Times without a sign of life of any engine.
CREATE TABLE outages (
    id UUID PRIMARY KEY,
    -- The last sign of life before.
    began_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ NOT NULL,
    -- Targets that were due meanwhile.
    due BIGINT NOT NULL
);

-- What was due meanwhile, as it stood then: people move their posts afterwards.
CREATE TABLE outage_targets (
    outage_id UUID NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    due_at TIMESTAMPTZ NOT NULL,
    target_id UUID NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    PRIMARY KEY (outage_id, org_id, due_at, target_id)
);

-- The organisations that an outage concerned.
CREATE TABLE outage_notes (
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    outage_id UUID NOT NULL REFERENCES outages (id) ON DELETE CASCADE,
    due BIGINT NOT NULL,
    -- When a person had seen it.
    dismissed_at TIMESTAMPTZ,
    PRIMARY KEY (org_id, outage_id)
);
