-- What the calendar draws of a day: its posts in the order of their times, each once. Both the first few and how many there
-- are come from here alone.
CREATE INDEX targets_cards ON targets (org_id, due_at, post_id) WHERE deleted_at IS NULL;
