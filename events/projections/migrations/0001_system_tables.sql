-- The system tables of one project, built from the `conversation` stream and from nothing else.
-- Owned by the platform. The bot reads `public`; it sees nothing of `paige`.

CREATE SCHEMA IF NOT EXISTS paige;

CREATE TABLE public.contacts (
    id              text PRIMARY KEY,
    phone           text,               -- E.164: wa_id with a plus
    wa_id           text,               -- the number as Meta writes it: what a reply is addressed to
    bsuid           text,               -- Meta's business-scoped user id
    parent_bsuid    text,
    name            text,
    username        text,
    preferences     json NOT NULL,      -- category -> {value, at}
    merged_into     text,               -- the contact that this one turned out to be
    first_seen_at   timestamptz NOT NULL,
    last_message_at timestamptz,
    last_inbound_at timestamptz,
    profile_at      timestamptz NOT NULL,
    version         bigint NOT NULL     -- sequence of the last event of this contact
);
-- The list, newest activity first: when the last message was sent, or the contact first seen.
CREATE INDEX contacts_by_activity ON public.contacts (coalesce(last_message_at, first_seen_at) DESC, id DESC) WHERE merged_into IS NULL;
CREATE INDEX contacts_merged ON public.contacts (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE public.conversations (
    id              text PRIMARY KEY,
    contact_id      text NOT NULL,
    group_id        text,               -- absent: one to one
    state           text,               -- free text, set by bot or operator
    state_version   integer NOT NULL,   -- counts the changes of state
    inherited_from  text,               -- the conversation whose last state this one began with
    opened_at       timestamptz NOT NULL,
    closed_at       timestamptz,
    close_reason    text,               -- idle, request
    last_message_at timestamptz,
    last_inbound_at timestamptz,
    message_count   bigint NOT NULL,
    version         bigint NOT NULL
);
CREATE INDEX conversations_by_contact ON public.conversations (contact_id, opened_at, id);
-- The lists, newest activity first. In halves: a conversation is in one of each two, so that both filters cost no further writing
-- and open ones are found and counted without passing all that ever were.
CREATE INDEX conversations_open_by_activity ON public.conversations (coalesce(last_message_at, opened_at) DESC, id DESC) WHERE closed_at IS NULL;
CREATE INDEX conversations_closed_by_activity ON public.conversations (coalesce(last_message_at, opened_at) DESC, id DESC) WHERE closed_at IS NOT NULL;
CREATE INDEX conversations_open_by_state ON public.conversations (state, coalesce(last_message_at, opened_at) DESC, id DESC) WHERE closed_at IS NULL;
CREATE INDEX conversations_closed_by_state ON public.conversations (state, coalesce(last_message_at, opened_at) DESC, id DESC) WHERE closed_at IS NOT NULL;

CREATE TABLE public.messages (
    id                text PRIMARY KEY,
    conversation_id   text NOT NULL,
    contact_id        text NOT NULL,
    wamid             text NOT NULL,
    direction         text NOT NULL,    -- inbound, outbound
    origin            text NOT NULL,    -- live, app (typed in the business app), import (from before the connection)
    type              text NOT NULL,    -- Meta's, also one that nobody has seen yet
    text              text,             -- what a person would read in a list
    reply_to_wamid    text,
    target_wamid      text,             -- what a reaction, an edit or a revocation is about
    group_id          text,
    sent_at           timestamptz NOT NULL, -- Meta's time stamp
    recorded_at       timestamptz NOT NULL, -- when the platform wrote it down
    content           json NOT NULL,    -- the message object as Meta sent it, byte for byte
    status            text,             -- of an outbound message: only moves forward; the ledger is paige.statuses
    status_at         timestamptz,
    error_code        bigint,
    edited_at         timestamptz,
    edited_text       text,
    revoked_at        timestamptz,
    contact_reaction  text,
    business_reaction text,
    sequence          bigint NOT NULL   -- of its event
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX messages_wamid ON public.messages (wamid);
CREATE INDEX messages_by_contact ON public.messages (contact_id, sent_at, sequence);
CREATE INDEX messages_by_conversation ON public.messages (conversation_id, sent_at, sequence);
CREATE INDEX messages_by_target ON public.messages (target_wamid) WHERE target_wamid IS NOT NULL;

CREATE TABLE paige.identities (
    kind       text NOT NULL,           -- bsuid, phone, parent_bsuid
    value      text NOT NULL,
    contact_id text NOT NULL,
    current    boolean NOT NULL,        -- false: the contact had it before
    linked_at  timestamptz NOT NULL,
    sequence   bigint NOT NULL,
    PRIMARY KEY (kind, value, contact_id)
);
CREATE INDEX identities_by_contact ON paige.identities (contact_id);

CREATE TABLE paige.statuses (
    wamid       text NOT NULL,
    status      text NOT NULL,
    participant text NOT NULL,          -- of a group message: whose status it is; otherwise empty
    contact_id  text NOT NULL,
    at          timestamptz NOT NULL,   -- Meta's time stamp
    error_code  bigint,
    content     json,                   -- the status object as Meta sent it
    sequence    bigint NOT NULL,
    PRIMARY KEY (wamid, status, participant, contact_id)
);

CREATE TABLE paige.state_changes (
    conversation_id text NOT NULL,
    version         integer NOT NULL,
    contact_id      text NOT NULL,
    from_state      text,
    to_state        text NOT NULL,
    changed_by      text NOT NULL,
    why             text,
    at              timestamptz NOT NULL,
    sequence        bigint NOT NULL,
    PRIMARY KEY (conversation_id, version)
);

CREATE TABLE paige.unassigned (
    id       text PRIMARY KEY,          -- of its event
    sequence bigint NOT NULL,
    key      text NOT NULL,             -- where in the webhook it stood
    at       timestamptz NOT NULL,
    content  json NOT NULL
);

-- How far the tables have come. The projector locks this row, applies, and moves it in the same transaction.
CREATE TABLE paige.checkpoint (
    stream         text PRIMARY KEY,
    stream_created timestamptz NOT NULL, -- which log it is: another one is refused
    sequence       bigint NOT NULL,
    event_id       text                  -- of the event with that sequence: a log that was restored and went on differently is refused
);
