-- What billing asks its own tables: what is due next, which payments there are, whose a payment is. Built from the stream `billing` and
-- from nothing else; a row carries the sequence of the last event that it reflects.

CREATE TABLE billing.accounts (
    project_id      text PRIMARY KEY,
    state           text,                    -- absent: closed before a trial began
    entitlement     text,
    since           timestamptz,             -- of the state
    trial_starts_at timestamptz,
    trial_ends_at   timestamptz,
    cycle_starts_at timestamptz,             -- the cycle that runs, or the last one
    cycle_ends_at   timestamptz,
    grace_starts_at timestamptz,             -- while past due
    grace_ends_at   timestamptz,
    reminders       integer,
    can_charge      boolean NOT NULL,        -- whether an authorisation is stored; it is in the log, sealed
    credits         bigint NOT NULL,
    closed_by       text,                    -- the operation that deletes the project
    due_at          timestamptz,             -- when something happens by itself
    sequence        bigint NOT NULL
);
CREATE INDEX accounts_by_due ON billing.accounts (due_at, project_id) WHERE due_at IS NOT NULL;

CREATE TABLE billing.payments (
    id                 text PRIMARY KEY,
    project_id         text NOT NULL,
    purpose            text NOT NULL,        -- subscribe, renew, resume, credits
    amount_minor       bigint NOT NULL,
    currency           text NOT NULL,
    credits            bigint NOT NULL,
    status             text NOT NULL,        -- open, succeeded, failed, mismatched
    reason             text,
    requested_at       timestamptz NOT NULL,
    settled_at         timestamptz,
    requested_sequence bigint NOT NULL,      -- what lists are ordered by
    sequence           bigint NOT NULL
);
CREATE INDEX payments_by_project ON billing.payments (project_id, requested_sequence DESC);
CREATE INDEX payments_open ON billing.payments (requested_sequence) WHERE status = 'open';

-- Projects that are gone: what is read late about one of them leaves nothing here.
CREATE TABLE billing.erased (
    project_id text PRIMARY KEY
);

-- Up to when payments were compared with the provider's. Not from events: if it is lost, more is compared.
CREATE TABLE billing.reconciliation (
    one     boolean PRIMARY KEY CHECK (one),
    through timestamptz NOT NULL
);

-- Which log the tables were built from: another one is refused.
CREATE TABLE billing.log (
    stream  text PRIMARY KEY,
    created timestamptz NOT NULL
);
