-- Tags that were removed, and the posts that carried them, until somebody takes that back. Apart from `tags`, so that their names
-- are free and no list has to pass them over.
CREATE TABLE removed_tags (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    colour TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    removed_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX removed_tags_org ON removed_tags (org_id, removed_at);

CREATE TABLE removed_post_tags (
    tag_id UUID NOT NULL REFERENCES removed_tags (id) ON DELETE CASCADE,
    post_id UUID NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    PRIMARY KEY (tag_id, post_id)
);
CREATE INDEX removed_post_tags_post ON removed_post_tags (post_id);
