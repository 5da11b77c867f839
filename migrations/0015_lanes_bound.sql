-- Lanes that a worker has or a platform blocks: with these apart, the next free one is the first of `lanes_due`.
CREATE INDEX lanes_bound ON lanes (next_due) WHERE next_due IS NOT NULL AND (lease_until IS NOT NULL OR blocked_until IS NOT NULL);
