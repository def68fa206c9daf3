-- Complaints of the last days are looked through for those that never became a case.
CREATE INDEX complaints_accepted_at ON complaints USING brin (accepted_at);
