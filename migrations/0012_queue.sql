-- Work that nobody outside sees and that may be repeated.
CREATE TABLE jobs (
    id UUID PRIMARY KEY,
    -- Which code reads the payload.
    kind TEXT NOT NULL,
    -- An object of ids.
    payload JSONB NOT NULL,
    -- Of a kind, at most one with this key waits.
    unique_key TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'dead')),
    -- Not before this.
    run_at TIMESTAMPTZ NOT NULL,
    tries BIGINT NOT NULL,
    -- Raised by every claim; an end is written only under the newest.
    epoch BIGINT NOT NULL,
    runner UUID,
    lease_until TIMESTAMPTZ,
    -- Why the last try did not work.
    error TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ,
    CHECK ((state = 'running') = (lease_until IS NOT NULL))
);
CREATE INDEX jobs_due ON jobs (kind, run_at) WHERE state = 'queued';
CREATE UNIQUE INDEX jobs_unique ON jobs (kind, unique_key) WHERE state = 'queued' AND unique_key IS NOT NULL;
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'running';
CREATE INDEX jobs_finished ON jobs (state, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_state ON jobs (state, kind);

-- Periodic work: a row each, taken by one process per turn.
CREATE TABLE job_turns (
    name TEXT PRIMARY KEY,
    next_at TIMESTAMPTZ NOT NULL,
    last_at TIMESTAMPTZ
);

-- What the queue counts for its operator.
CREATE TABLE job_counters (
    name TEXT PRIMARY KEY,
    count BIGINT NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);

-- The events are the outbox: those from which something follows are marked until their jobs are in the queue.
ALTER TABLE events ADD COLUMN pending BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX events_pending ON events (id) WHERE pending;

-- Which files a part shows, so that this need not be read out of its JSON.
CREATE TABLE part_media (
    part_id UUID NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
    media_id UUID NOT NULL,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    PRIMARY KEY (part_id, media_id)
);
CREATE INDEX part_media_uses ON part_media (media_id);
-- Parts from before this table are entered once, at the start.
ALTER TABLE instance ADD COLUMN part_media_filled BOOLEAN NOT NULL DEFAULT FALSE;
-- The bytes are gone; only the facts are kept.
ALTER TABLE media ADD COLUMN removed_at TIMESTAMPTZ;
CREATE INDEX media_deleted ON media (deleted_at) WHERE deleted_at IS NOT NULL AND removed_at IS NULL;

-- What people are told. Several events of a kind and channel within a while are one notice.
CREATE TABLE notices (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    -- NULL: for everybody whose role suffices.
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    -- The least role that sees it.
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    kind TEXT NOT NULL,
    channel_id UUID,
    -- Of the newest event.
    post_id UUID,
    data JSONB NOT NULL,
    count BIGINT NOT NULL,
    -- Further events join it until then; then its mails go out.
    gathers_until TIMESTAMPTZ NOT NULL,
    closed BOOLEAN NOT NULL DEFAULT FALSE,
    -- It is no longer so.
    resolved_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    -- When it last grew.
    told_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX notices_org ON notices (org_id, id);
CREATE INDEX notices_unread ON notices (org_id, told_at) WHERE resolved_at IS NULL;
CREATE INDEX notices_group ON notices (org_id, kind, channel_id, created_at);
CREATE UNIQUE INDEX notices_open ON notices (org_id, kind, channel_id) WHERE NOT closed;

-- The events of a notice: each is counted once, however often its job runs.
CREATE TABLE notice_items (
    event_id UUID PRIMARY KEY,
    notice_id UUID NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    target_id UUID,
    resolved BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX notice_items_notice ON notice_items (notice_id);
CREATE INDEX notice_items_target ON notice_items (target_id) WHERE NOT resolved;

CREATE TABLE notice_reads (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    notice_id UUID NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
    read_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, notice_id)
);

-- Per person and organisation: how far everything is read, and the last daily mail.
CREATE TABLE notice_marks (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    read_until TIMESTAMPTZ,
    digest_at TIMESTAMPTZ,
    PRIMARY KEY (user_id, org_id)
);

-- How a person wants the mails of a kind; without a row: at once.
CREATE TABLE notice_choices (
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    mail TEXT NOT NULL CHECK (mail IN ('at_once', 'daily', 'never')),
    PRIMARY KEY (user_id, kind)
);
