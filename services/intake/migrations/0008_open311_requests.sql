-- What was submitted by Open311, and of it what everybody may see: these columns, the ticket number, and the town.
CREATE TABLE open311_requests (
    complaint_id uuid PRIMARY KEY REFERENCES complaints,
    -- A matter of the policy at the time.
    service_code text NOT NULL,
    -- To the second, as it is shown: who asks for what came until then must not miss the rest of the second.
    requested_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    closed boolean NOT NULL DEFAULT false,
    -- Who has the case; NULL while it is not placed.
    department text,
    -- Of the newest of the case's events that is told here.
    version integer NOT NULL DEFAULT 0
);
CREATE INDEX open311_requests_newest ON open311_requests (closed, requested_at DESC, complaint_id DESC);
CREATE INDEX open311_requests_service ON open311_requests
    (service_code, closed, requested_at DESC, complaint_id DESC);
