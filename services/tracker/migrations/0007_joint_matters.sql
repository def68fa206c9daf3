-- Joint matters (主办、协办): each co-handler owes the lead a contribution by a deadline of its own.

-- The department that a deadline binds for ever (who is to acknowledge, who is to contribute); null: whoever holds the
-- case, and in a deadline that is older than this column.
ALTER TABLE deadlines ADD COLUMN department text;

CREATE TABLE contributions (
    complaint_id uuid NOT NULL REFERENCES cases,
    department text NOT NULL,
    decision_id uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    text text,
    contributed_at timestamptz,
    -- A further decision placed the matter without this co-handler.
    released_at timestamptz,
    PRIMARY KEY (complaint_id, department),
    CHECK ((text IS NULL) = (contributed_at IS NULL))
);
CREATE INDEX contributions_open ON contributions (department, complaint_id)
    WHERE contributed_at IS NULL AND released_at IS NULL;
