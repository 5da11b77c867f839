CREATE TABLE posts (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    author_id UUID REFERENCES users (id) ON DELETE SET NULL,
    source TEXT NOT NULL CHECK (source IN ('web', 'api', 'cli')),
    created_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX posts_org ON posts (org_id, created_at) WHERE deleted_at IS NULL;

-- Immutable; a save makes the next one.
CREATE TABLE post_versions (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    author_id UUID REFERENCES users (id) ON DELETE SET NULL,
    -- What the composer showed: entries with their parts and settings.
    content JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (post_id, number)
);

-- The trail of what people and the engine did; nothing is ever changed here.
CREATE TABLE events (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    post_id UUID,
    target_id UUID,
    part_id UUID,
    channel_id UUID,
    -- NULL: the engine did it.
    user_id UUID,
    data JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX events_target ON events (target_id, id);
CREATE INDEX events_org ON events (org_id, id);
