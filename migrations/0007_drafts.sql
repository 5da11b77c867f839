-- A draft for which no channel is chosen yet has no target; its text is in its version alone.
ALTER TABLE posts ADD COLUMN unplaced BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX posts_unplaced ON posts (org_id, id) WHERE unplaced AND deleted_at IS NULL;
