-- Which contacts stopped messages that advertise, and which were merged into another, whose word counts since. Built from the stream
-- `conversation` like everything here.

CREATE TABLE sender.preferences (
    project_id  text NOT NULL,
    contact_id  text NOT NULL,
    merged_into text,            -- null: it stopped them itself
    PRIMARY KEY (project_id, contact_id)
);

-- What was said before is in the log alone, so it is read from its beginning once more; what is in rows already, that changes not. And no
-- sender that runs writes any more: it would say that it has read further.
UPDATE sender.position SET sequence = 0, writer = '';
