-- Where each case stands, as the tracker's events tell it: which can no longer be placed anew, and who has taken theirs.
CREATE TABLE standings (
    complaint_id uuid PRIMARY KEY,
    department text NOT NULL,
    status text NOT NULL,
    -- Of the case; of two events the one with the higher version holds.
    version integer NOT NULL
);
