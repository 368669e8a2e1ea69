-- What is not settled yet, so that a restart need not read the whole log. Built from the stream `conversation` and from nothing else;
-- what a message says is not here but in the log, at `requested`.

CREATE TABLE sender.messages (
    id         text PRIMARY KEY,
    project_id text NOT NULL,
    contact_id text NOT NULL,
    requested  bigint NOT NULL,      -- the sequence of its request, which orders the messages of a contact
    sequence   bigint NOT NULL,      -- the last event that this row reflects
    state      text NOT NULL,        -- waiting, started, unknown, abandoned
    attempt    integer NOT NULL,     -- how often Meta was asked, or was about to be
    due_at     timestamptz NOT NULL, -- when something is to happen by itself
    expires_at timestamptz NOT NULL, -- when it is no longer worth sending
    doubtful   boolean NOT NULL,     -- Meta may have an earlier attempt
    wamid      text                  -- Meta's id, told by a status that is not settled yet
);

-- Messages of contacts that are to be shown as read.
CREATE TABLE sender.reads (
    id         text PRIMARY KEY,     -- the event that asked
    project_id text NOT NULL,
    contact_id text NOT NULL,
    message_id text NOT NULL,
    sequence   bigint NOT NULL,
    wamid      text NOT NULL,
    typing     boolean NOT NULL,
    at         timestamptz NOT NULL
);

-- Up to where the rows reflect the log, in the same transaction as they; of which log; and who may write: whoever started last.
CREATE TABLE sender.position (
    one      boolean PRIMARY KEY CHECK (one),
    created  timestamptz NOT NULL,
    sequence bigint NOT NULL,
    writer   text NOT NULL
);
