-- Under which key of the blind index the traces of a row were made; NULL where none were made yet, which
-- `rotate-vault` mends.
ALTER TABLE vault ADD COLUMN index_key bytea;

-- Keyed traces (HMAC) of a reporter's numbers, by which their other complaints are found. Ids grow with time.
CREATE TABLE blind_index (
    trace bytea NOT NULL,
    complaint_id uuid NOT NULL,
    PRIMARY KEY (trace, complaint_id)
);
-- To erase them with the sealed row; a foreign key would be checked for each trace of each submission.
CREATE INDEX blind_index_complaint ON blind_index (complaint_id);

-- Who has the case now, as the tracker's events tell it.
CREATE TABLE standings (
    complaint_id uuid PRIMARY KEY,
    -- NULL after a granted return, until it is placed again.
    holder text,
    status text NOT NULL,
    version integer NOT NULL,
    -- Since when it is closed or declined; NULL while it is neither.
    ended_at timestamptz,
    -- When the retention period of its reporter's identity had passed and it was erased.
    anonymized_at timestamptz
);
INSERT INTO standings (complaint_id, holder, status, version, ended_at)
SELECT DISTINCT ON (complaint_id)
    complaint_id, department, status, version, CASE WHEN status IN ('closed', 'declined') THEN at END
FROM progress ORDER BY complaint_id, version DESC, at DESC;
CREATE INDEX standings_to_anonymize ON standings (ended_at) WHERE ended_at IS NOT NULL AND anonymized_at IS NULL;

-- Every reading of a reporter's identity, and every one that was refused. Holds nothing of the identity itself.
CREATE TABLE vault_reads (
    read_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Who, as their token says.
    subject text NOT NULL,
    roles text[] NOT NULL,
    department text,
    purpose text NOT NULL,
    -- In the reader's own words, redacted.
    note text,
    ticket_number text NOT NULL,
    -- NULL where there is no such ticket.
    complaint_id uuid,
    -- What was read; empty where it was refused.
    parts text[] NOT NULL,
    -- Why it was refused; NULL where it was allowed.
    refused text,
    CHECK ((refused IS NULL) = (cardinality(parts) > 0))
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION '% are only ever added to; % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON vault_reads EXECUTE FUNCTION refuse_change();
