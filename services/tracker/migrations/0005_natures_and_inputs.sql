-- A deadline of the law (statutory) stands beside the one that the county committed itself to.
ALTER TABLE deadlines ADD COLUMN nature text NOT NULL DEFAULT 'committed';
ALTER TABLE deadlines ADD CONSTRAINT deadlines_nature_check CHECK (nature IN ('committed', 'statutory')) NOT VALID;
ALTER TABLE deadlines VALIDATE CONSTRAINT deadlines_nature_check;
ALTER TABLE deadlines ADD COLUMN legal_basis text;

-- What it was counted from beside start and term: the county's rules of counting, pauses, extensions and when to warn.
ALTER TABLE deadlines ADD COLUMN inputs jsonb;

-- Read when the notice for a year arrives.
CREATE INDEX deadlines_provisional ON deadlines (complaint_id) WHERE provisional;
