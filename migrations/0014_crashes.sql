-- Processes in a row that ended while they had the lane and before anything on it came to an end.
ALTER TABLE lanes ADD COLUMN crashes BIGINT NOT NULL DEFAULT 0;
