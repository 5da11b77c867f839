-- Who must approve posts before they go out.
ALTER TABLE organisations ADD COLUMN review TEXT NOT NULL DEFAULT 'none' CHECK (review IN ('none', 'one', 'two', 'client'));
-- NULL: as the organisation has it.
ALTER TABLE customers ADD COLUMN review TEXT CHECK (review IN ('none', 'one', 'two', 'client'));
-- May approve without being an administrator.
ALTER TABLE memberships ADD COLUMN reviews BOOLEAN NOT NULL DEFAULT FALSE;

-- It was handed in for review and nobody has approved it: whatever goes wrong elsewhere, it cannot become due.
ALTER TABLE parts ADD COLUMN unapproved BOOLEAN NOT NULL DEFAULT FALSE CHECK (NOT unapproved OR next_at IS NULL);
CREATE INDEX targets_in_review ON targets (due_at) WHERE reason = 'in_review' AND deleted_at IS NULL;

-- The question whether a post may go out as it stands; an edit ends it.
CREATE TABLE reviews (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    -- The newest version when it was asked.
    version_id UUID NOT NULL REFERENCES post_versions (id) ON DELETE CASCADE,
    -- What it takes.
    policy TEXT NOT NULL CHECK (policy IN ('one', 'two', 'client')),
    state TEXT NOT NULL CHECK (state IN ('open', 'approved', 'changes', 'void')),
    -- Who asked; NULL: a script, or somebody who is gone.
    asked_by UUID REFERENCES users (id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ,
    CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE UNIQUE INDEX reviews_open ON reviews (post_id) WHERE state = 'open';
CREATE INDEX reviews_waiting ON reviews (org_id, id) WHERE state = 'open';
CREATE INDEX reviews_post ON reviews (post_id, id);

-- What was asked about: the content of each target, by which an approval is known again when only the time changes.
CREATE TABLE review_contents (
    review_id UUID NOT NULL REFERENCES reviews (id) ON DELETE CASCADE,
    target_id UUID NOT NULL REFERENCES targets (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    version_id UUID NOT NULL REFERENCES post_versions (id) ON DELETE CASCADE,
    -- SHA-256 of channel, settings and parts.
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (review_id, target_id)
);

-- The answers.
CREATE TABLE review_votes (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    review_id UUID NOT NULL REFERENCES reviews (id) ON DELETE CASCADE,
    user_id UUID REFERENCES users (id) ON DELETE SET NULL,
    -- The name that a client gave.
    guest TEXT,
    verdict TEXT NOT NULL CHECK (verdict IN ('approve', 'changes')),
    created_at TIMESTAMPTZ NOT NULL
);
CREATE UNIQUE INDEX review_votes_once ON review_votes (review_id, user_id) WHERE user_id IS NOT NULL;

-- What people say about a post, among themselves and with clients.
CREATE TABLE comments (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    author_id UUID REFERENCES users (id) ON DELETE SET NULL,
    -- The name that a client gave.
    guest TEXT,
    body TEXT NOT NULL CHECK (body <> ''),
    -- Clients see it, too.
    shared BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL,
    resolved_at TIMESTAMPTZ,
    resolved_by UUID REFERENCES users (id) ON DELETE SET NULL
);
CREATE INDEX comments_post ON comments (post_id, id);

-- Links for people without an account: to one post, or to what of a customer is in review.
CREATE TABLE shares (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    post_id UUID REFERENCES posts (id) ON DELETE CASCADE,
    customer_id UUID REFERENCES customers (id) ON DELETE CASCADE,
    -- May they approve and comment, or only look?
    decides BOOLEAN NOT NULL,
    -- SHA-256 of the token in the link.
    token_hash BYTEA NOT NULL UNIQUE,
    -- argon2id of the PIN; NULL: none is asked for.
    pin_hash TEXT,
    -- For whom.
    label TEXT NOT NULL,
    made_by UUID REFERENCES users (id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    revoked_at TIMESTAMPTZ,
    seen_at TIMESTAMPTZ,
    CHECK ((post_id IS NULL) <> (customer_id IS NULL))
);
CREATE INDEX shares_post ON shares (post_id) WHERE post_id IS NOT NULL AND revoked_at IS NULL;
CREATE INDEX shares_customer ON shares (customer_id) WHERE customer_id IS NOT NULL AND revoked_at IS NULL;
