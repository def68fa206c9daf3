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

-- What the supervision summary tells of cases that are over, counted once for all; what is still open it counts itself.
CREATE TABLE ended_cases (
    department text NOT NULL,
    status text NOT NULL,
    cases bigint NOT NULL,
    PRIMARY KEY (department, status)
);
CREATE TABLE ended_deadlines (
    department text NOT NULL,
    clock text NOT NULL,
    nature text NOT NULL,
    met bigint NOT NULL,
    met_late bigint NOT NULL,
    warned bigint NOT NULL,
    missed bigint NOT NULL,
    overdue bigint NOT NULL,
    PRIMARY KEY (department, clock, nature)
);
-- The cases that were ended by entries up to this one, by its id, are in the tallies. No row: none.
CREATE TABLE tallied (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last_entry bigint NOT NULL
);
