-- How far the periodic detection of inaction has looked, for each department.
CREATE TABLE detections (
    department text PRIMARY KEY,
    -- The last entry of the record, by its id, whose case was looked at.
    last_entry bigint NOT NULL DEFAULT 0,
    -- Cases that were overdue beyond the bound by then were looked at; the present of the last whole run.
    ran_at timestamptz,
    -- The first day of the last month that was looked at as a whole.
    month date
);
