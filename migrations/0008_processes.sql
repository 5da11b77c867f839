-- How often a process was started on this database; the store and the data directories remember it as well, so that a
-- database that went back is noticed.
ALTER TABLE instance ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
-- Postgres: what tells this database from a copy of it; a dump does not carry it along.
ALTER TABLE instance ADD COLUMN mark TEXT;
-- The media store carries this instance's marker.
ALTER TABLE instance ADD COLUMN store_marked BOOLEAN NOT NULL DEFAULT FALSE;
-- Why nothing is sent before an operator confirms; NULL: it is sent.
ALTER TABLE instance ADD COLUMN held_reason TEXT CHECK (held_reason IN ('restored', 'restored_blind'));
ALTER TABLE instance ADD COLUMN held_at TIMESTAMPTZ;
-- The last sign of life before: what was sent since is not known here.
ALTER TABLE instance ADD COLUMN held_since TIMESTAMPTZ;

-- Every data directory that a process of this instance was started on.
CREATE TABLE data_dirs (
    id UUID PRIMARY KEY,
    -- The instance's generation at the last start on it.
    generation BIGINT NOT NULL,
    -- Signs of life since; the directory's file never knows more than this.
    beats BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL
);

-- Processes that serve or send, one row for each start.
CREATE TABLE workers (
    id UUID PRIMARY KEY,
    data_dir UUID NOT NULL,
    -- Host name, or what the settings call it.
    label TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('all', 'web', 'worker')),
    version TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    heartbeat_at TIMESTAMPTZ NOT NULL,
    -- NULL while it runs, or when it died without a word.
    stopped_at TIMESTAMPTZ
);
CREATE INDEX workers_dir ON workers (data_dir, heartbeat_at);

-- Before it is sent it is looked for at its platform, where it may have gone out since then without our knowing.
ALTER TABLE parts ADD COLUMN lookup_since TIMESTAMPTZ;
ALTER TABLE parts ADD COLUMN lookup_reason TEXT CHECK (lookup_reason IN ('restored', 'gap'));
