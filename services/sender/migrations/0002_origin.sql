-- From where a message, or a wish to show one as read, was asked for: what is said of it later carries that on. Null in rows that are older.

ALTER TABLE sender.messages
    ADD COLUMN asked       text, -- the event that asked
    ADD COLUMN traceparent text,
    ADD COLUMN correlation text;

ALTER TABLE sender.reads
    ADD COLUMN traceparent text,
    ADD COLUMN correlation text;
