-- Which files belong to a complaint; their bytes lie outside the database, under the SHA-256 of what is stored. The name
-- that a file came with is not kept: it may hold somebody's name.
CREATE TABLE attachments (
    complaint_id uuid NOT NULL REFERENCES complaints,
    sha256 bytea NOT NULL,
    media_type text NOT NULL,
    size integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (complaint_id, sha256)
);
-- Whether any complaint still has a file is asked before it is removed.
CREATE INDEX attachments_sha256 ON attachments (sha256);

-- Files that came with a mail and were not kept, and why, for a person to see.
CREATE TABLE refused_attachments (
    complaint_id uuid NOT NULL REFERENCES complaints,
    -- Which of the mail's files it was, from 1; 0 stands for all that were good.
    number integer NOT NULL,
    code text NOT NULL,
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (complaint_id, number)
);
