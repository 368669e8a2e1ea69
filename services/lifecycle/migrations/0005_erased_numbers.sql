-- The numbers of projects that are gone, for as long as it is looked for what still reaches them. The log has forgotten them, so this is not
-- built from it. Sealed; a row goes with the last look.
CREATE TABLE lifecycle.erased_numbers (
    project_id  text PRIMARY KEY,
    wrapped_key text NOT NULL,             -- what they are sealed under, wrapped by the master key
    sealed      text NOT NULL
);
