-- Joint matters (主办、协办): each co-handler owes the lead a contribution by a deadline of its own.

-- The department that a deadline binds; null: whoever holds the case.
ALTER TABLE deadlines ADD COLUMN department text;

CREATE TABLE contributions (
    complaint_id uuid NOT NULL REFERENCES cases,
    department text NOT NULL,
    decision_id uuid NOT NULL,
    deadline_id uuid NOT NULL REFERENCES deadlines,
    asked_at timestamptz NOT NULL,
    text text,
    contributed_at timestamptz,
    -- A further decision placed the matter without this co-handler, or the lead has answered without it.
    released_at timestamptz,
    PRIMARY KEY (complaint_id, department),
    CHECK ((text IS NULL) = (contributed_at IS NULL))
);
CREATE INDEX contributions_open ON contributions (department, complaint_id)
    WHERE contributed_at IS NULL AND released_at IS NULL;
