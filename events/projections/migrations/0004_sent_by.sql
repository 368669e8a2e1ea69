-- Who had a message sent through the API, as the event of its request names them.
-- Rows of messages that were asked for before this are mended by `replay repair`.

ALTER TABLE public.messages ADD COLUMN sent_by text;
COMMENT ON COLUMN public.messages.sent_by IS 'who asked for it: usr_… (a person), key_… (a program or a bot), agent:key_… (an agent); absent: it was not sent through the API';
