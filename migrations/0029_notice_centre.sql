-- One who has read a notice can mark it as unread again, also below the mark up to which everything was read.
ALTER TABLE notice_reads ADD COLUMN unread_at TIMESTAMPTZ;
CREATE INDEX notice_reads_unread ON notice_reads (user_id) WHERE unread_at IS NOT NULL;

-- The list: what was told last stands first.
CREATE INDEX notices_told ON notices (org_id, told_at, id);

-- Reviews of an organisation, whatever became of them.
CREATE INDEX reviews_org ON reviews (org_id, created_at, id);

-- What happened to a post as a whole: handed in, answered, commented on.
CREATE INDEX events_post ON events (post_id, id) WHERE target_id IS NULL;
