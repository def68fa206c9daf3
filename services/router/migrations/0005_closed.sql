-- Decisions on complaints whose case is closed or declined; what the desks still have to place is read without them.
ALTER TABLE decisions ADD COLUMN closed boolean NOT NULL DEFAULT false;
CREATE INDEX decisions_to_place ON decisions (department, complaint_id) WHERE in_force AND NOT closed;
