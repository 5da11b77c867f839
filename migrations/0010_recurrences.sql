-- A post that goes out again and again: its rule, and how far it has become targets.
CREATE TABLE recurrences (
    post_id UUID PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    -- What future occurrences say; the newest version of the post may be that of a single one.
    version_id UUID NOT NULL REFERENCES post_versions (id),
    rule JSONB NOT NULL,
    -- Nothing from here on: somebody deleted one and what follows.
    ends_before TIMESTAMPTZ,
    -- The time zone database by which its targets were planned.
    tzdata TEXT NOT NULL,
    -- When there are more to plan; NULL: paused, or all are planned.
    plan_at TIMESTAMPTZ,
    -- The first occurrence that is no target yet; NULL: there is none.
    next_at TIMESTAMPTZ,
    paused_at TIMESTAMPTZ,
    -- All occurrences are planned or were.
    ended_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX recurrences_plan ON recurrences (plan_at) WHERE plan_at IS NOT NULL;
CREATE INDEX recurrences_org ON recurrences (org_id, next_at);

-- An occurrence that was edited alone: changes of its recurrence leave it as it is.
ALTER TABLE targets ADD COLUMN detached BOOLEAN NOT NULL DEFAULT FALSE;
-- When the next occurrence is due as well, this one is passed over: one catches up, not many.
ALTER TABLE targets ADD COLUMN lapses BOOLEAN NOT NULL DEFAULT FALSE;
