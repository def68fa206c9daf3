-- The service's role may add to the record and read it, and no more, and entries say who acted; docs/decisions/
-- 0028-the-department-answers-in-time.md.
-- What it may do is said after every migration, by shared/migrate.py: append-only are the tables with this trigger.

-- A suspicion is as little to be changed as what is said of it.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inaction EXECUTE FUNCTION refuse_change();

-- A lock that holds writers back asks for the right to change the table, so its owner lends it, and nothing else.
CREATE FUNCTION lock_entries() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS
$$
BEGIN
    LOCK TABLE entries IN SHARE MODE;
END
$$;
CREATE FUNCTION lock_anchors() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS
$$
BEGIN
    LOCK TABLE anchors IN SHARE ROW EXCLUSIVE MODE;
END
$$;
REVOKE ALL ON FUNCTION lock_entries(), lock_anchors() FROM PUBLIC;

-- Who acted: the account of the person, as the token says it; null for the system, for departments' systems, and in
-- entries that are older than this column.
ALTER TABLE entries ADD COLUMN actor_subject text;

-- The hash of an entry that has it, as `hash_of` in services/tracker/record.py computes it.
CREATE FUNCTION record_hash(
    prev_hash bytea, complaint_id uuid, number integer, happened text, version integer, status text, actor_role text,
    actor_department text, actor_subject text, deadline_id uuid, at timestamptz, note text, deadlines text
) RETURNS bytea LANGUAGE sql STABLE AS
$$
SELECT CASE WHEN actor_subject IS NULL THEN record_hash(
    prev_hash, complaint_id, number, happened, version, status, actor_role, actor_department, deadline_id, at, note,
    deadlines
) ELSE sha256(convert_to(concat(
    record_value('hotline-record-2'),
    record_value(encode(prev_hash, 'hex')),
    record_value(complaint_id::text),
    record_value(number::text),
    record_value(happened),
    record_value(version::text),
    record_value(status),
    record_value(actor_role),
    record_value(actor_department),
    record_value(actor_subject),
    record_value(deadline_id::text),
    record_value((extract(epoch FROM at) * 1000000)::bigint::text),
    record_value(note),
    record_value(deadlines)
), 'UTF8')) END
$$;
