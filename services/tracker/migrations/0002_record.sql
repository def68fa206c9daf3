-- The record 全过程记录: `moves` becomes a chain of hashes for each case; docs/decisions/0009-the-record.md.
-- Stop the trackers before this is applied: an older one would write to `moves`, which is gone afterwards.

-- A value of the canonical form: its length in bytes, a colon and the value; a hyphen where there is none.
CREATE FUNCTION record_value(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT coalesce(octet_length(value) || ':' || value, '-') $$;

-- The hash of an entry, as `hash_of` in services/tracker/record.py computes it.
CREATE FUNCTION record_hash(
    prev_hash bytea, complaint_id uuid, number integer, happened text, version integer, status text, actor_role text,
    actor_department text, deadline_id uuid, at timestamptz, note text, deadlines text
) RETURNS bytea LANGUAGE sql STABLE AS
$$
SELECT sha256(convert_to(concat(
    record_value('hotline-record-1'),
    record_value(encode(prev_hash, 'hex')),
    record_value(complaint_id::text),
    record_value(number::text),
    record_value(happened),
    record_value(version::text),
    record_value(status),
    record_value(actor_role),
    record_value(actor_department),
    record_value(deadline_id::text),
    record_value((extract(epoch FROM at) * 1000000)::bigint::text),
    record_value(note),
    record_value(deadlines)
), 'UTF8'))
$$;

CREATE TABLE entries (
    -- Only says in which order entries came in; no part of the hash.
    id bigint GENERATED ALWAYS AS IDENTITY,
    complaint_id uuid NOT NULL,
    number integer NOT NULL,
    happened text NOT NULL,
    -- Where the case stands after it.
    version integer NOT NULL,
    status text NOT NULL,
    actor_role text NOT NULL,
    actor_department text,
    -- The deadline that it is about, where it is about one.
    deadline_id uuid,
    at timestamptz NOT NULL,
    note text,
    -- The deadlines that it set, as JSON.
    deadlines text,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (complaint_id, number)
);

CREATE TEMP TABLE told ON COMMIT DROP AS
WITH happened AS (
    SELECT
        complaint_id, version, at, 0 AS rank, action AS happened, status, actor_role, actor_department,
        NULL::uuid AS deadline_id, note,
        CASE WHEN version = 1 THEN (
            SELECT jsonb_agg(
                jsonb_build_object(
                    'deadline_id', deadline_id, 'clock', clock, 'started_at', started_at, 'term', term,
                    'due_at', due_at, 'warn_at', warn_at, 'provisional', provisional, 'policy_hash', policy_hash,
                    'calendar_version', calendar_version, 'timeline_id', timeline_id
                ) ORDER BY clock
            )::text
            FROM deadlines WHERE deadlines.complaint_id = moves.complaint_id
        ) END AS deadlines
    FROM moves
    UNION ALL
    SELECT
        complaint_id, stood.version, fired.at, fired.rank, fired.happened, stood.status, 'system', NULL,
        fired.deadline_id, fired.note, NULL
    FROM (
        SELECT
            complaint_id, deadline_id, outcome AS happened, at, CASE outcome WHEN 'warned' THEN 1 ELSE 2 END AS rank,
            NULL AS note
        FROM outcomes JOIN deadlines USING (deadline_id) WHERE outcome IN ('warned', 'missed')
        UNION ALL
        SELECT inaction.complaint_id, deadline_id, 'suspected', suspected_at, 3, evidence
        FROM inaction JOIN deadlines USING (complaint_id, clock, due_at)
    ) AS fired
    CROSS JOIN LATERAL (
        SELECT version, status FROM moves
        WHERE moves.complaint_id = fired.complaint_id AND (moves.at <= fired.at OR version = 1)
        ORDER BY version DESC LIMIT 1
    ) AS stood
)
SELECT
    *, row_number() OVER (PARTITION BY complaint_id ORDER BY version, at, rank, deadline_id)::integer AS number
FROM happened;
CREATE INDEX ON told (complaint_id, number);
ANALYZE told;

WITH RECURSIVE chained AS (
    SELECT told.*, genesis.hash AS prev_hash, record_hash(
        genesis.hash, complaint_id, number, happened, version, status, actor_role, actor_department, deadline_id, at,
        note, deadlines
    ) AS hash
    FROM told, (SELECT decode(repeat('00', 32), 'hex') AS hash) AS genesis WHERE number = 1
    UNION ALL
    SELECT told.*, chained.hash, record_hash(
        chained.hash, told.complaint_id, told.number, told.happened, told.version, told.status, told.actor_role,
        told.actor_department, told.deadline_id, told.at, told.note, told.deadlines
    )
    FROM chained JOIN told ON told.complaint_id = chained.complaint_id AND told.number = chained.number + 1
)
INSERT INTO entries (
    complaint_id, number, happened, version, status, actor_role, actor_department, deadline_id, at, note, deadlines,
    prev_hash, hash
)
SELECT
    complaint_id, number, happened, version, status, actor_role, actor_department, deadline_id, at, note, deadlines,
    prev_hash, hash
FROM chained ORDER BY at, complaint_id, number;
CREATE UNIQUE INDEX entries_newest ON entries (id);
DROP TABLE moves;

-- The chain of chains: every hour the heads of the cases that have changed since the last time.
CREATE TABLE anchors (
    number integer PRIMARY KEY,
    at timestamptz NOT NULL,
    -- The last entry, by its id, that it looked at.
    last_id bigint NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE TABLE anchored (
    complaint_id uuid NOT NULL,
    entry_number integer NOT NULL,
    entry_hash bytea NOT NULL,
    anchor_number integer NOT NULL REFERENCES anchors,
    PRIMARY KEY (anchor_number, complaint_id)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION '% are only ever added to; % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON entries EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON anchors EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON anchored EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deadlines EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON timelines EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON outcomes EXECUTE FUNCTION refuse_change();

-- Whoever checks the record reads what it is checked against, and nothing that a citizen wrote.
DO $$
BEGIN
    IF to_regrole('tracker_auditor') IS NOT NULL THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO tracker_auditor', current_schema());
        GRANT SELECT ON entries, anchors, anchored, deadlines, outcomes, inaction TO tracker_auditor;
        GRANT SELECT (complaint_id, version, status) ON cases TO tracker_auditor;
    END IF;
END
$$;
