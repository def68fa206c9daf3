-- A clock that is stopped without its duty being done (declined, reassigned) has ended; that is not "met".
ALTER TABLE outcomes DROP CONSTRAINT outcomes_outcome_check;
ALTER TABLE outcomes ADD CONSTRAINT outcomes_outcome_check CHECK (outcome IN ('warned', 'missed', 'met', 'ended'))
    NOT VALID;
ALTER TABLE outcomes VALIDATE CONSTRAINT outcomes_outcome_check;
