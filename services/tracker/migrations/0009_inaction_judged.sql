-- What becomes of a suspicion of inaction; docs/decisions/0018-suspicion-is-not-a-verdict.md. Both are only added to.

-- The department's own word, once; `due_at` is when it was due.
CREATE TABLE inaction_explanations (
    inaction_id uuid PRIMARY KEY REFERENCES inaction,
    text text NOT NULL,
    due_at timestamptz NOT NULL,
    explained_at timestamptz NOT NULL
);

-- The supervision office's word; the last one holds, the earlier ones stay.
CREATE TABLE inaction_verdicts (
    inaction_id uuid NOT NULL REFERENCES inaction,
    number integer NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('confirmed', 'dismissed')),
    reason text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (inaction_id, number)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inaction_explanations
    EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON inaction_verdicts EXECUTE FUNCTION refuse_change();

-- A department reads what it is suspected of, newest first.
CREATE INDEX inaction_department ON inaction (department, suspected_at DESC, inaction_id DESC);

DO $$
BEGIN
    IF to_regrole('tracker_auditor') IS NOT NULL THEN
        GRANT SELECT ON inaction_explanations, inaction_verdicts TO tracker_auditor;
    END IF;
END
$$;
