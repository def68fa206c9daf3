-- The escalation ladder (催办、督办、通报): further kinds of timers, each with whom it is addressed to.
ALTER TABLE timers ADD COLUMN addressee text;
ALTER TABLE timers DROP CONSTRAINT timers_kind_check;
ALTER TABLE timers ADD CONSTRAINT timers_kind_check
    CHECK (kind IN ('warning', 'urge', 'due', 'supervise', 'notice', 'resume')) NOT VALID;
ALTER TABLE timers VALIDATE CONSTRAINT timers_kind_check;
ALTER TABLE outcomes DROP CONSTRAINT outcomes_outcome_check;
ALTER TABLE outcomes ADD CONSTRAINT outcomes_outcome_check CHECK (
    outcome IN ('warned', 'urged', 'missed', 'supervised', 'notice_issued', 'met', 'ended')
) NOT VALID;
ALTER TABLE outcomes VALIDATE CONSTRAINT outcomes_outcome_check;

-- Whom a deadline binds where it is not the department of the case: a co-handler.
ALTER TABLE deadlines ADD COLUMN IF NOT EXISTS department text;

-- Inaction comes by the hundred thousand in one second too, always for cases that were just read and locked.
ALTER TABLE inaction DROP CONSTRAINT inaction_complaint_id_fkey;

-- An operator's word that the clock is right after it jumped; each row lets every tracker fire again.
CREATE TABLE clock_confirmations (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    confirmed_at timestamptz NOT NULL DEFAULT now()
);

-- A department's cases of one status, without walking over those that it has closed.
CREATE INDEX cases_queue_of_status ON cases (department, status, complaint_id);
