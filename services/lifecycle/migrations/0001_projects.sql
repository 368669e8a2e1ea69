-- What the API shows, built from the streams `project` and `database` and from nothing else.
-- Every row carries the sequence of the last event that it reflects: an event that is delivered again changes nothing.

-- What is searched for is a column; all of it is the document, written by the fold and read by it.
CREATE TABLE lifecycle.projects (
    id               text PRIMARY KEY,
    workspace        text NOT NULL,
    transfer         text,                 -- its last offer to another workspace
    transfer_to      text,                 -- to which
    transfer_pending boolean NOT NULL,     -- nobody has answered
    due_at           timestamptz,          -- when something happens to it by itself
    own_step         boolean NOT NULL,     -- lifecycle itself has a step of its operation to do
    created_sequence bigint NOT NULL,      -- in `project`; what lists are ordered by
    sequence         bigint NOT NULL,      -- in `project`; the version that callers see
    form             integer NOT NULL,     -- of the document
    document         json NOT NULL
);
CREATE INDEX projects_by_creation ON lifecycle.projects (created_sequence DESC);
CREATE INDEX projects_by_workspace ON lifecycle.projects (workspace, created_sequence DESC);
CREATE INDEX projects_by_transfer ON lifecycle.projects (transfer_to, transfer) WHERE transfer IS NOT NULL;
CREATE INDEX projects_by_due ON lifecycle.projects (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX projects_by_own_step ON lifecycle.projects (sequence) WHERE own_step;

-- Every operation, also those that others came after.
CREATE TABLE lifecycle.operations (
    id               text PRIMARY KEY,
    project_id       text NOT NULL,
    started_sequence bigint NOT NULL,
    sequence         bigint NOT NULL,      -- of the last event that changed it
    form             integer NOT NULL,
    document         json NOT NULL
);
CREATE INDEX operations_by_project ON lifecycle.operations (project_id, started_sequence DESC);

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

-- What is left of projects that were deleted: nothing that comes late makes a row of one again.
CREATE TABLE lifecycle.erased (
    project_id text PRIMARY KEY,
    operation  text NOT NULL,
    sequence   bigint NOT NULL,
    erased_at  timestamptz NOT NULL
);
CREATE INDEX erased_by_operation ON lifecycle.erased (operation);

-- Which log the tables were built from: another one is refused.
CREATE TABLE lifecycle.log (
    stream  text PRIMARY KEY,
    created timestamptz NOT NULL
);
