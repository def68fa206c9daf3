-- Whom the router found accused (conflict of interest), as its assignments tell it, beside `complaints.accused`, whom
-- the reporter or the channel named. Whoever was found accused once stays so, in whatever order assignments come.
CREATE TABLE accusations (
    complaint_id uuid NOT NULL,
    department text NOT NULL,
    PRIMARY KEY (complaint_id, department)
);
