-- What is sent by us. Its messages are rows like all others, from the moment they are asked for:
--
-- - Until Meta has given an id, our own (`msg_…`) stands in its place. It goes when Meta's comes, and is the row's `id` for ever.
-- - Our own steps are entries of the ledger under our id, Meta's statuses under Meta's; the row sums up both.

COMMENT ON COLUMN public.messages.wamid IS 'Meta''s id; of a message that Meta has not accepted yet, ours';
COMMENT ON COLUMN public.messages.origin IS 'live, app (typed in the business app), import (from before the connection), api (sent by us)';
COMMENT ON COLUMN public.messages.sent_at IS 'Meta''s time stamp; of a message that is sent by us, when it was asked for';
COMMENT ON COLUMN public.messages.content IS 'the message object as Meta sent it, byte for byte; of a message that is sent by us, as it was asked for';
COMMENT ON COLUMN public.messages.status IS
    'of an outbound message, only moves forward: requested, sending, waiting, unknown, abandoned, then Meta''s accepted, sent, delivered, read, played; failed is final';
COMMENT ON COLUMN paige.statuses.wamid IS 'Meta''s id of the message; of our own steps, ours';

-- What contacts filled in.
CREATE TABLE paige.submissions (
    message_id      text NOT NULL,      -- the message that brought it
    contact_id      text NOT NULL,
    conversation_id text NOT NULL,
    flow_id         text,               -- absent where the token is not one of ours
    revision        bigint,             -- of the Flow, as it was sent
    request_id      text,               -- our message that offered it
    flow_token      text,               -- as it came back
    response        json NOT NULL,      -- what was filled in; a text where it is no JSON
    at              timestamptz NOT NULL, -- Meta's time stamp
    sequence        bigint NOT NULL,    -- of its event
    PRIMARY KEY (message_id, contact_id)
);
CREATE INDEX submissions_by_flow ON paige.submissions (flow_id, sequence) WHERE flow_id IS NOT NULL;
CREATE INDEX submissions_by_contact ON paige.submissions (contact_id, sequence);
