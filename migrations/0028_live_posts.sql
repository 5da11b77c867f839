-- A person asked that what is live of a target be deleted at its platform.
CREATE TABLE takedowns (
    target_id UUID PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    -- `asked`: nothing has left, so it can be taken back.
    state TEXT NOT NULL CHECK (state IN ('asked', 'at_work', 'done', 'failed')),
    asked_at TIMESTAMPTZ NOT NULL,
    -- Tries that the platform could not take.
    tries BIGINT NOT NULL CHECK (tries >= 0),
    -- Why the last try did not work: {kind, message, code, raw}.
    failure JSONB,
    ended_at TIMESTAMPTZ
);

-- When the platform said that it is gone.
ALTER TABLE remotes ADD COLUMN removed_at TIMESTAMPTZ;

-- What a platform counted at a published target when it was last asked.
CREATE TABLE readings (
    target_id UUID PRIMARY KEY REFERENCES targets (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    -- Array of {name, value}.
    numbers JSONB NOT NULL,
    read_at TIMESTAMPTZ NOT NULL
);
