-- Codes of Meta's signups that were exchanged, or are being. The one table here that is not built from the log: Meta gives a token for a
-- code once, and until the offer of the number is in the log it is nowhere else. A row goes with that offer, with its project, or after an
-- hour.
CREATE TABLE lifecycle.signups (
    project_id   text NOT NULL,
    code         text NOT NULL,            -- a keyed digest of it
    taken_at     timestamptz NOT NULL,     -- when a request began to exchange it
    sealed_token text,                     -- null: it is not exchanged yet
    wrapped_key  text,                     -- what the token is sealed under; null: the project's data key
    PRIMARY KEY (project_id, code)
);
