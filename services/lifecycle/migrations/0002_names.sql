-- Since when Meta was asked for a display name and has not decided: what is looked for at Meta, because its webhook may never come.
ALTER TABLE lifecycle.projects ADD COLUMN name_asked_at timestamptz;
CREATE INDEX projects_by_name_asked ON lifecycle.projects (id) WHERE name_asked_at IS NOT NULL;
