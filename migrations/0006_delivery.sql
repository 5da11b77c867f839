-- What goes out: one post on one channel at one time.
CREATE TABLE targets (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    version_id UUID NOT NULL REFERENCES post_versions (id),
    channel_id UUID NOT NULL REFERENCES channels (id),
    -- The entry of the post this is, from 0: the same channel may be named twice.
    entry BIGINT NOT NULL,
    -- Which occurrence: `once`, or local date and slot of a recurrence.
    occurrence_key TEXT NOT NULL,
    -- NULL only for a draft without a date.
    due_at TIMESTAMPTZ,
    -- The zone in which a person chose the time.
    zone TEXT NOT NULL,
    -- Derived from the parts and stored: lists filter by it.
    state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'held', 'sending', 'published', 'published_incomplete', 'needs_you', 'failed', 'missed', 'cancelled')),
    -- Why it is held or missed: `reconnect`, `paused`, `late`, `channel_removed`.
    reason TEXT,
    -- The provider's settings for this target.
    settings JSONB NOT NULL,
    -- Where the first part can be seen.
    url TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    published_at TIMESTAMPTZ,
    deleted_at TIMESTAMPTZ,
    CHECK (state IN ('draft', 'cancelled') OR due_at IS NOT NULL),
    UNIQUE (post_id, entry, occurrence_key)
);
CREATE INDEX targets_calendar ON targets (org_id, due_at) WHERE deleted_at IS NULL;
CREATE INDEX targets_state ON targets (org_id, state, due_at) WHERE deleted_at IS NULL;
CREATE INDEX targets_channel ON targets (channel_id, due_at);
CREATE INDEX targets_held ON targets (channel_id) WHERE state = 'held';

-- One item of a target's thread.
CREATE TABLE parts (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    target_id UUID NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    channel_id UUID NOT NULL REFERENCES channels (id),
    -- From 0; the root of the thread.
    position BIGINT NOT NULL,
    -- Wait after the part before it.
    delay_seconds BIGINT NOT NULL CHECK (delay_seconds >= 0),
    -- Sanitised HTML.
    content TEXT NOT NULL,
    -- Array of {id, alt}.
    media JSONB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'processing', 'retrying', 'uncertain', 'published', 'needs_you', 'failed', 'skipped', 'cancelled')),
    -- When the engine must look at it; NULL: not before something else happens. The only source of what is due.
    next_at TIMESTAMPTZ,
    -- Counted tries of the current run; a rate limit does not count.
    tries BIGINT NOT NULL,
    -- Looks at the platform for an uncertain outcome.
    looks BIGINT NOT NULL,
    -- The failure that explains the state: {kind, message, code, raw}.
    failure JSONB,
    published_at TIMESTAMPTZ,
    UNIQUE (target_id, position)
);
CREATE INDEX parts_due ON parts (channel_id, next_at) WHERE next_at IS NOT NULL;

-- A named step of publishing a part. Its key is made once and stays over all attempts.
CREATE TABLE steps (
    part_id UUID NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- Client-made ids and idempotency keys derive from it.
    key UUID NOT NULL,
    effect TEXT NOT NULL CHECK (effect IN ('repeatable', 'keyed', 'client_id', 'once')),
    state TEXT NOT NULL CHECK (state IN ('open', 'done')),
    -- When it was first intended.
    begun_at TIMESTAMPTZ NOT NULL,
    -- Attempts that may have been seen by the platform and whose end is not known.
    unsure BIGINT NOT NULL CHECK (unsure >= 0),
    -- Array of one: what the step gave.
    result JSONB,
    PRIMARY KEY (part_id, name)
);

-- Every request that may have been seen by others: written before it leaves, completed after.
CREATE TABLE attempts (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    part_id UUID NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    -- The lane's epoch under which it ran.
    epoch BIGINT NOT NULL,
    -- SHA-256 of what was to be sent.
    hash BYTEA NOT NULL,
    begun_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    -- NULL while in flight, or when we died before knowing.
    outcome TEXT CHECK (outcome IN ('done', 'failed', 'uncertain')),
    failure JSONB
);
CREATE INDEX attempts_part ON attempts (part_id, id);

-- What exists at the platform because of a part.
CREATE TABLE remotes (
    part_id UUID NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
    n BIGINT NOT NULL,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    remote_id TEXT NOT NULL,
    url TEXT,
    -- The provider's own notes, for example the cid a reply needs.
    extra JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (part_id, n)
);

-- One per channel: who may send there now. A result is written only under the lane's epoch.
CREATE TABLE lanes (
    channel_id UUID PRIMARY KEY REFERENCES channels (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    epoch BIGINT NOT NULL,
    worker UUID,
    lease_until TIMESTAMPTZ,
    -- The platform said: nothing before this.
    blocked_until TIMESTAMPTZ,
    -- Earliest next_at of the channel's parts, not before blocked_until: follows the parts in every transaction.
    next_due TIMESTAMPTZ
);
CREATE INDEX lanes_due ON lanes (next_due) WHERE next_due IS NOT NULL;
