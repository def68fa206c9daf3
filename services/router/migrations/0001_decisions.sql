-- Why each complaint went where it went. A complaint has at most one decision in force.
CREATE TABLE decisions (
    decision_id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL,
    department text NOT NULL,
    source text NOT NULL,
    rule text,
    matter text,
    accused text,
    lawful_channel text,
    reason text NOT NULL,
    evidence jsonb NOT NULL,
    policy_hash text NOT NULL,
    decided_at timestamptz NOT NULL,
    in_force boolean NOT NULL DEFAULT true
);
CREATE UNIQUE INDEX one_decision_in_force ON decisions (complaint_id) WHERE in_force;
