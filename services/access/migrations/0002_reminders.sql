-- Reminders of what a project owes, one row for each person who is mailed one. Not built from the log: it is what was done, and a row that
-- is there keeps the same mail from being sent again.

CREATE TABLE access.reminders (
    sequence   bigint NOT NULL,            -- of the reminder, in `billing`
    user_id    text NOT NULL,
    project_id text NOT NULL,
    attempts   bigint NOT NULL DEFAULT 0,
    next_at    timestamptz,                -- when it is mailed; absent: it was handed over, or is not to be mailed any more
    PRIMARY KEY (sequence, user_id)
);
CREATE INDEX reminders_waiting ON access.reminders (next_at, sequence, user_id) WHERE next_at IS NOT NULL;
CREATE INDEX reminders_by_project ON access.reminders (project_id);
