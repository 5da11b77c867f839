-- What of a picture stays in sight where it is cut, as shares of its width and height from the upper left. Both or neither.
ALTER TABLE media ADD COLUMN focus_x DOUBLE PRECISION CHECK (focus_x BETWEEN 0 AND 1);
ALTER TABLE media ADD COLUMN focus_y DOUBLE PRECISION CHECK (focus_y BETWEEN 0 AND 1);
-- The picture that stands for a film while it is not played.
ALTER TABLE media ADD COLUMN cover_id UUID REFERENCES media (id) ON DELETE SET NULL;
CREATE INDEX media_covers ON media (cover_id) WHERE cover_id IS NOT NULL;
-- Name and description, folded as search folds words, for the library's own search.
ALTER TABLE media ADD COLUMN words TEXT NOT NULL DEFAULT '';
UPDATE media SET words = lower(name || ' ' || alt);

-- The words that people sort their files by; one is there as long as a file carries it.
CREATE TABLE media_tags (
    media_id UUID NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    -- The word in lower case, by which it is the same.
    key TEXT NOT NULL,
    -- As it was first written.
    name TEXT NOT NULL,
    PRIMARY KEY (media_id, key)
);
CREATE INDEX media_tags_files ON media_tags (org_id, key);
