-- What is done by itself to a published post later: of a channel, a row for each plug that was ever set up.
CREATE TABLE plugs (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    channel_id UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    -- The descriptor's name of it.
    name TEXT NOT NULL,
    -- Checked against its fields.
    settings JSONB NOT NULL,
    active BOOLEAN NOT NULL,
    -- What was published before this is left alone.
    since TIMESTAMPTZ NOT NULL,
    UNIQUE (channel_id, name)
);
CREATE INDEX plugs_active ON plugs (channel_id) WHERE active;

-- One plug for one published post.
CREATE TABLE plug_runs (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    plug_id UUID NOT NULL REFERENCES plugs (id) ON DELETE CASCADE,
    part_id UUID NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
    -- Looks are counted from here.
    published_at TIMESTAMPTZ NOT NULL,
    -- Looks that are over.
    looks BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'passed', 'failed', 'uncertain')),
    -- Why it ended, or why the last look did not work: {kind, message, code, raw}.
    failure JSONB,
    ended_at TIMESTAMPTZ,
    UNIQUE (plug_id, part_id)
);
CREATE INDEX plug_runs_part ON plug_runs (part_id);

-- What a run sent: written before it leaves, as of a part.
CREATE TABLE plug_steps (
    run_id UUID NOT NULL REFERENCES plug_runs (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    key UUID NOT NULL,
    effect TEXT NOT NULL CHECK (effect IN ('repeatable', 'keyed', 'client_id', 'once')),
    state TEXT NOT NULL CHECK (state IN ('open', 'done')),
    begun_at TIMESTAMPTZ NOT NULL,
    unsure BIGINT NOT NULL CHECK (unsure >= 0),
    -- Array of one: what the step gave.
    result JSONB,
    PRIMARY KEY (run_id, name)
);
