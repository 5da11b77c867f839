-- What was typed into a composer and not saved yet. A draft has a row for each ten minutes of writing, the newest last.
CREATE TABLE autosaves (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- One sitting at one composer; chosen by the server at its first words.
    draft_id UUID NOT NULL,
    -- NULL: of a post that has not been saved yet.
    post_id UUID REFERENCES posts (id) ON DELETE CASCADE,
    -- The version that was before the writer's eyes.
    version BIGINT,
    -- The composer's fields: an array of [name, value].
    form JSONB NOT NULL,
    -- The first words, for lists.
    words TEXT NOT NULL,
    begun_at TIMESTAMPTZ NOT NULL,
    saved_at TIMESTAMPTZ NOT NULL,
    -- When the post was saved, or the person wanted none of it: it is not offered any more.
    settled_at TIMESTAMPTZ
);
CREATE INDEX autosaves_draft ON autosaves (org_id, draft_id, begun_at);
CREATE INDEX autosaves_open ON autosaves (org_id, user_id, saved_at) WHERE settled_at IS NULL;
CREATE INDEX autosaves_post ON autosaves (post_id, saved_at);
CREATE INDEX autosaves_age ON autosaves (saved_at);

-- Who has a post open in a composer, as far as their browser has said lately.
CREATE TABLE writers (
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (post_id, user_id)
);

-- Words that are put into posts again and again.
CREATE TABLE snippets (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('signature', 'hashtags')),
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    -- A signature that every new post begins with.
    auto BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX snippets_org ON snippets (org_id, kind) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX snippets_auto ON snippets (org_id) WHERE auto AND deleted_at IS NULL;

-- A whole composer to begin posts from.
CREATE TABLE sets (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- As `autosaves.form`.
    form JSONB NOT NULL,
    words TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    deleted_at TIMESTAMPTZ
);
CREATE INDEX sets_org ON sets (org_id) WHERE deleted_at IS NULL;
