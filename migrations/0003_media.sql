CREATE TABLE media (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    -- The name it was uploaded under.
    name TEXT NOT NULL,
    -- Where it lies in the store; unguessable, ends in the real extension.
    path TEXT NOT NULL UNIQUE,
    mime TEXT NOT NULL CHECK (mime IN ('image/jpeg', 'image/png', 'image/gif', 'image/webp', 'video/mp4')),
    bytes BIGINT NOT NULL CHECK (bytes > 0),
    sha256 BYTEA NOT NULL,
    width BIGINT,
    height BIGINT,
    duration_ms BIGINT,
    alt TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX media_library ON media (org_id, created_at) WHERE deleted_at IS NULL;
