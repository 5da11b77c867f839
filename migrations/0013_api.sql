-- Keys of /api/v1.
CREATE TABLE api_tokens (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    -- Whose; NULL: made on the command line, for the whole organisation.
    user_id UUID REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- Its first characters, to recognise it by.
    prefix TEXT NOT NULL,
    -- SHA-256 of the token.
    hash BYTEA NOT NULL UNIQUE,
    -- Words between spaces.
    scopes TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    expires_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
CREATE INDEX api_tokens_org ON api_tokens (org_id, id);

-- A request with an Idempotency-Key: claimed before it is worked on, answered in the transaction of its effect.
CREATE TABLE api_claims (
    token_id UUID NOT NULL REFERENCES api_tokens (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    -- SHA-256 of method, address and body: another request with the same key is refused.
    fingerprint BYTEA NOT NULL,
    -- Who works on it; an answer is written only under it.
    nonce UUID NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    -- NULL until it is answered.
    status BIGINT,
    answer TEXT,
    etag TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (token_id, key)
);
CREATE INDEX api_claims_age ON api_claims (created_at);

-- Lists are read page by page, so their indexes end with what breaks a tie.
DROP INDEX posts_org;
CREATE INDEX posts_org ON posts (org_id, created_at, id) WHERE deleted_at IS NULL;
DROP INDEX targets_calendar;
CREATE INDEX targets_calendar ON targets (org_id, due_at, id) WHERE deleted_at IS NULL;
DROP INDEX targets_state;
CREATE INDEX targets_state ON targets (org_id, state, due_at, id) WHERE deleted_at IS NULL;
DROP INDEX targets_channel;
CREATE INDEX targets_channel ON targets (channel_id, due_at, id);
