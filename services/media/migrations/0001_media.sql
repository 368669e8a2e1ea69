-- What media asks its own tables: which files are to be fetched next, which files a message has. Built from the streams `conversation`
-- and `media` and from nothing else, except for how often a file was asked for: if that is lost, it is asked for more often.

CREATE TABLE media.files (
    id         text PRIMARY KEY,            -- ours: follows from project, message and Meta's id
    project_id text NOT NULL,
    message_id text NOT NULL,
    media_id   text NOT NULL,               -- Meta's
    kind       text NOT NULL,               -- image, video, audio, document, sticker, flow
    mime_type  text,                        -- while pending: as the message says
    sha256     text,                        -- hexadecimal; while pending: as the message says
    name       text,
    size_bytes bigint,
    status     text NOT NULL,               -- pending, stored, failed
    first_at   timestamptz NOT NULL,        -- when it was heard of
    deadline   timestamptz NOT NULL,        -- until when Meta keeps it
    due_at     timestamptz,                 -- when it is asked for next; only while pending
    attempts   integer NOT NULL DEFAULT 0,
    doubts     integer NOT NULL DEFAULT 0,  -- of these, answers that say that it cannot be had
    code       text,                        -- of a failed one
    reason     text                         -- the same for people; while pending: what came of the last attempt
);
CREATE INDEX files_due ON media.files (due_at, project_id) WHERE status = 'pending';
CREATE INDEX files_pending ON media.files (project_id, due_at) WHERE status = 'pending';
CREATE INDEX files_by_message ON media.files (project_id, message_id);

-- Projects that are gone: what is read late about one of them leaves nothing here.
CREATE TABLE media.erased (
    project_id text PRIMARY KEY
);

-- How far each stream was read into the tables, and which log that was: another one is refused.
CREATE TABLE media.progress (
    stream   text PRIMARY KEY,
    created  timestamptz NOT NULL,
    sequence bigint NOT NULL
);
