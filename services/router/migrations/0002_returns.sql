-- A complaint can be placed again: after a granted return, by the triage desk, by arbitration. Earlier decisions stay.
ALTER TABLE decisions
    ADD COLUMN hop smallint NOT NULL DEFAULT 1,
    -- Granted returns so far.
    ADD COLUMN returns smallint NOT NULL DEFAULT 0,
    -- Departments that gave the complaint back, and departments that it accuses: lists of codes.
    ADD COLUMN tried jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN implicated jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN co_handlers jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN returnable boolean NOT NULL DEFAULT true,
    ADD COLUMN model_hash text,
    -- Who decided, where a person did.
    ADD COLUMN placed_by text;
CREATE UNIQUE INDEX one_decision_at_each_hop ON decisions (complaint_id, hop);

-- What it takes to decide again: the received event as it came, redacted by the intake.
CREATE TABLE complaints (
    complaint_id uuid PRIMARY KEY,
    accepted_at timestamptz NOT NULL,
    event json NOT NULL
);
CREATE INDEX complaints_by_time ON complaints (accepted_at, complaint_id);
