-- Connecting an account that takes several steps: at the platform's consent page, at a choice of pages, while the person
-- does something at the platform. Kept for a day after its end, so that it can be begun again.
CREATE TABLE connections (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    -- Who began it, and alone may go on with it.
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    -- The channel that is reconnected.
    channel_id UUID REFERENCES channels (id) ON DELETE CASCADE,
    stage TEXT NOT NULL CHECK (stage IN ('consent', 'choice', 'invitation')),
    -- SHA-256 of the `state` that went to the consent page.
    state_hash BYTEA UNIQUE,
    -- Sealed JSON; place `connections/<id>`.
    kept BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    -- When it was finished or given up: it counts once.
    used_at TIMESTAMPTZ,
    -- When the platform was last asked whether the person has done it.
    checked_at TIMESTAMPTZ
);
CREATE INDEX connections_user ON connections (org_id, user_id, id);
CREATE INDEX connections_end ON connections (expires_at);

-- Developer apps that people entered; those of the configuration are not here.
CREATE TABLE developer_apps (
    id UUID PRIMARY KEY,
    provider TEXT NOT NULL,
    -- NULL: of the whole instance.
    org_id UUID REFERENCES organisations (id) ON DELETE CASCADE,
    -- NULL: of the organisation, or of the instance.
    channel_id UUID REFERENCES channels (id) ON DELETE CASCADE,
    -- What the platform calls it in public; empty where it has no such name.
    client_id TEXT NOT NULL,
    -- Sealed JSON of its fields; place `developer_apps/<id>`.
    fields BYTEA NOT NULL,
    set_at TIMESTAMPTZ NOT NULL,
    set_by UUID REFERENCES users (id) ON DELETE SET NULL,
    CHECK (channel_id IS NULL OR org_id IS NOT NULL)
);
CREATE UNIQUE INDEX developer_apps_instance ON developer_apps (provider) WHERE org_id IS NULL;
CREATE UNIQUE INDEX developer_apps_organisation ON developer_apps (org_id, provider) WHERE channel_id IS NULL AND org_id IS NOT NULL;
CREATE UNIQUE INDEX developer_apps_channel ON developer_apps (channel_id) WHERE channel_id IS NOT NULL;

-- Whom channels are run for.
CREATE TABLE customers (
    id UUID PRIMARY KEY,
    org_id UUID NOT NULL REFERENCES organisations (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (org_id, name)
);
ALTER TABLE channels ADD COLUMN customer_id UUID REFERENCES customers (id) ON DELETE SET NULL;

-- The address of the picture at the platform; `picture` is that of our copy as soon as there is one.
ALTER TABLE channels ADD COLUMN picture_source TEXT;
-- When the platform was last asked for it.
ALTER TABLE channels ADD COLUMN picture_at TIMESTAMPTZ;
UPDATE channels SET picture_source = picture;
