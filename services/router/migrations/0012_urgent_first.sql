-- In which turn a desk sees a complaint that lies with it: 0 the urgent ones, 1 the others; within a turn by age.
ALTER TABLE decisions ADD COLUMN turn smallint NOT NULL DEFAULT 1;
UPDATE decisions SET turn = 0 FROM complaints
WHERE decisions.complaint_id = complaints.complaint_id AND in_force AND NOT closed AND event ->> 'urgency' = 'urgent';
DROP INDEX decisions_to_place;
CREATE INDEX decisions_to_place ON decisions (department, turn, complaint_id) WHERE in_force AND NOT closed;
