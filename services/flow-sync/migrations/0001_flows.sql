-- What lists, webhooks and the reconciler look for, built from the stream `flow` and from nothing else. Every row carries the sequence of the
-- last event that it reflects: an event that is delivered again changes nothing.

-- What is searched for is a column; all of it is the document, written by the fold and read by it.
CREATE TABLE flow_sync.flows (
    flow_id      text PRIMARY KEY,
    project_id   text NOT NULL,
    name         text COLLATE "C" NOT NULL,
    status       text,                    -- Meta's word
    living       boolean NOT NULL,        -- not deleted
    pending      boolean NOT NULL,        -- Meta was not told everything yet
    meta_flow_id text,
    waba_id      text,
    sequence     bigint NOT NULL,
    form         integer NOT NULL,        -- of the document
    document     json NOT NULL
);
CREATE INDEX flows_by_project ON flow_sync.flows (project_id, name, flow_id) WHERE living;
CREATE INDEX flows_by_meta_id ON flow_sync.flows (meta_flow_id) WHERE meta_flow_id IS NOT NULL;

-- Projects that are gone: what is read late about one of them leaves nothing here.
CREATE TABLE flow_sync.erased (
    project_id text PRIMARY KEY
);

-- Which log the tables were built from: another one is refused.
CREATE TABLE flow_sync.log (
    stream  text PRIMARY KEY,
    created timestamptz NOT NULL
);
