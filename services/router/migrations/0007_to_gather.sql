-- Complaints that were decided and have not been compared with others yet: finding what tells of one incident must not
-- hold up placing.
CREATE TABLE to_gather (
    complaint_id uuid PRIMARY KEY,
    decided_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX to_gather_by_age ON to_gather (decided_at, complaint_id);
