-- How often Meta refused a message with a code that explains nothing: three such refusals end it, however often it was put off for other
-- reasons.

ALTER TABLE sender.messages ADD COLUMN unclear integer NOT NULL DEFAULT 0;
