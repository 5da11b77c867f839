-- Who does not want to see the first steps of an organisation any more. How far they are is computed, never stored.
CREATE TABLE first_steps (
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hidden_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (org_id, user_id)
);
