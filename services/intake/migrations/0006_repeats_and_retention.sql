-- A complaint of a matter that the same reporter had brought before; it is linked and stays a complaint of its own.
CREATE TABLE repeats (
    complaint_id uuid PRIMARY KEY REFERENCES complaints,
    repeat_of uuid NOT NULL REFERENCES complaints,
    -- How alike the texts are, from 0 to 1.
    likeness real NOT NULL
);
CREATE INDEX repeats_of ON repeats (repeat_of);

-- What was erased when the retention period had passed: that it was, when, and by which rule; nothing of what it was.
CREATE TABLE anonymized (
    complaint_id uuid PRIMARY KEY REFERENCES complaints,
    at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz NOT NULL,
    retention interval NOT NULL,
    policy_hash text NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON anonymized EXECUTE FUNCTION refuse_change();
