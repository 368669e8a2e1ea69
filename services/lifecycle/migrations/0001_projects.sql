-- What the API shows, built from the streams `project` and `database` and from nothing else.
-- Every row carries the sequence of the last event that it reflects: an event that is delivered again changes nothing.

CREATE TABLE lifecycle.projects (
    id                        text PRIMARY KEY,
    name                      text NOT NULL,
    conversation_idle_seconds bigint,               -- absent: conversations never end by themselves
    status                    text NOT NULL,        -- provisioning, ready, failed
    failed_step               text,
    failed_reason             text,
    phone_number_id           text,
    waba_id                   text,
    display_phone_number      text,
    created_at                timestamptz NOT NULL,
    updated_at                timestamptz NOT NULL,
    settled_at                timestamptz,          -- when it became ready or failed
    created_sequence          bigint NOT NULL,      -- in `project`; what lists are ordered by
    sequence                  bigint NOT NULL       -- in `project`; the version that callers see
);
CREATE INDEX projects_by_creation ON lifecycle.projects (created_sequence DESC);

-- Apart from projects, because two streams come at their own pace: a step may be known here before its project is.
CREATE TABLE lifecycle.databases (
    project_id    text PRIMARY KEY,
    roles_at      timestamptz,
    database_at   timestamptz,
    tables_at     timestamptz,
    privileges_at timestamptz,
    database_failed_step text,
    database_failed_at   timestamptz,
    database_sequence    bigint NOT NULL            -- in `database`
);

CREATE VIEW lifecycle.shown_projects AS
    SELECT p.*, d.roles_at, d.database_at, d.tables_at, d.privileges_at, d.database_failed_step, d.database_failed_at, d.database_sequence
    FROM lifecycle.projects p LEFT JOIN lifecycle.databases d ON d.project_id = p.id;

-- Which log the tables were built from: another one is refused.
CREATE TABLE lifecycle.log (
    stream  text PRIMARY KEY,
    created timestamptz NOT NULL
);
