-- A conversation that was reopened is as good as new: its idle time counts from then.
-- Rows of conversations that were reopened before this are mended by `replay repair`.

ALTER TABLE public.conversations ADD COLUMN reopened_at timestamptz;
COMMENT ON COLUMN public.conversations.reopened_at IS 'when it was reopened last';
