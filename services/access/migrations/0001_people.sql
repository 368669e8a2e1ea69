-- What the API shows, built from the log and from nothing else. Every row carries the sequence of the last event that it reflects:
-- an event that is delivered again changes nothing.

CREATE TABLE access.people (
    id            text PRIMARY KEY,
    email         text,                    -- absent: a code was mailed and never used
    name          text,
    registered_at timestamptz,
    sequence      bigint NOT NULL          -- in `workspace`
);

CREATE TABLE access.workspaces (
    id               text PRIMARY KEY,
    name             text NOT NULL,
    kind             text NOT NULL,        -- personal, team
    owner_id         text,
    created_at       timestamptz NOT NULL,
    deleted_at       timestamptz,
    created_sequence bigint NOT NULL,      -- in `workspace`; what lists are ordered by
    sequence         bigint NOT NULL       -- in `workspace`; what the rows of the three tables below reflect too
);

CREATE TABLE access.members (
    workspace_id text NOT NULL,
    user_id      text NOT NULL,
    role         text NOT NULL,            -- owner, admin, member
    joined_at    timestamptz NOT NULL,
    permissions  jsonb NOT NULL,           -- project → scopes
    PRIMARY KEY (workspace_id, user_id)
);
CREATE INDEX members_by_user ON access.members (user_id);

-- Pending invitations alone.
CREATE TABLE access.invites (
    workspace_id text NOT NULL,
    id           text PRIMARY KEY,
    email        text NOT NULL,
    role         text NOT NULL,
    invited_at   timestamptz NOT NULL,
    mailed_at    timestamptz NOT NULL,
    invited_by   text,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX invites_by_workspace ON access.invites (workspace_id);
CREATE INDEX invites_by_email ON access.invites (email);

CREATE TABLE access.keys (
    workspace_id text NOT NULL,
    id           text PRIMARY KEY,
    name         text NOT NULL,
    holder       text NOT NULL,            -- program, agent
    scopes       text[] NOT NULL,
    project_id   text,
    issued_at    timestamptz NOT NULL,
    issued_by    text,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    replaces     text,
    replaced_by  text
);
CREATE INDEX keys_by_workspace ON access.keys (workspace_id);

-- Apart from keys, because it is said apart, by whoever checks keys.
CREATE TABLE access.key_uses (
    key_id   text PRIMARY KEY,
    used_at  timestamptz NOT NULL,
    sequence bigint NOT NULL
);

-- Whose a project is: what deletion of a workspace and the audit log need to know.
CREATE TABLE access.projects (
    id           text PRIMARY KEY,
    workspace_id text,                     -- absent: erased
    erased       boolean NOT NULL,
    sequence     bigint NOT NULL           -- in `project`
);

CREATE TABLE access.audit (
    stream       text NOT NULL,
    sequence     bigint NOT NULL,
    event_id     text NOT NULL,
    at           timestamptz NOT NULL,
    actor_kind   text NOT NULL,            -- person, key, agent, system, provider
    actor_id     text,
    request_id   text,
    event_type   text NOT NULL,
    subject      text NOT NULL,
    project_id   text,
    workspace_id text,                     -- of a project's events: whoever owns the project now
    PRIMARY KEY (stream, sequence)
);
CREATE INDEX audit_by_project ON access.audit (project_id, at DESC, stream DESC, sequence DESC);
CREATE INDEX audit_by_workspace ON access.audit (workspace_id, at DESC, stream DESC, sequence DESC);

-- Which log the tables were built from: another one is refused. And up to where the audit log is known to be whole.
CREATE TABLE access.log (
    stream  text PRIMARY KEY,
    created timestamptz NOT NULL,
    audited bigint NOT NULL DEFAULT 0
);
