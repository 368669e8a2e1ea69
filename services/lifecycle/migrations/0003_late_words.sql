-- When it is looked again for what was said of a project after its end; null: it was looked for the last time.
ALTER TABLE lifecycle.erased ADD COLUMN look_at timestamptz;
UPDATE lifecycle.erased SET look_at = erased_at;
CREATE INDEX erased_by_look ON lifecycle.erased (look_at) WHERE look_at IS NOT NULL;
