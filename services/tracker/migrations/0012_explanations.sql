-- A suspicion of inaction is answered within a term; docs/decisions/0028-the-department-answers-in-time.md.

-- Suspicions that nobody has judged. A row comes with its suspicion and is deleted by the transaction that judges it.
CREATE TABLE inaction_open (
    inaction_id uuid PRIMARY KEY,
    department text NOT NULL,
    kind text NOT NULL,
    -- Until when the department may explain itself; null until it has been asked to.
    explain_by timestamptz,
    explained boolean NOT NULL DEFAULT false
);
CREATE INDEX inaction_open_unasked ON inaction_open (inaction_id) WHERE explain_by IS NULL;

INSERT INTO inaction_open (inaction_id, department, kind, explain_by, explained)
SELECT inaction_id, department, kind, explained.due_at, explained.inaction_id IS NOT NULL
FROM inaction LEFT JOIN inaction_explanations AS explained USING (inaction_id)
WHERE NOT EXISTS (
    SELECT FROM inaction_verdicts WHERE inaction_verdicts.inaction_id = inaction.inaction_id
);

-- A month's verdicts, as a month of anything else that reports count.
CREATE INDEX inaction_verdicts_at ON inaction_verdicts USING brin (at);
