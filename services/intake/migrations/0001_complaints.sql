CREATE SEQUENCE ticket_sequence;

-- What may leave the intake; the text is redacted. Who reported it, and in which words, is in the vault.
CREATE TABLE complaints (
    complaint_id uuid PRIMARY KEY,
    ticket_number text NOT NULL UNIQUE,
    channel text NOT NULL,
    external_id text NOT NULL,
    kind text NOT NULL,
    urgency text NOT NULL,
    confidentiality text NOT NULL,
    title text,
    text text NOT NULL,
    place text,
    accused text,
    received_by text,
    operator text,
    occurred_at timestamptz,
    content_hash bytea NOT NULL,
    accepted_at timestamptz NOT NULL,
    UNIQUE (channel, external_id)
);

CREATE TABLE vault (
    complaint_id uuid PRIMARY KEY REFERENCES complaints,
    key_id text NOT NULL,
    sealed bytea NOT NULL
);

-- What became of a complaint, as its reporter may know it; filled from the tracker's events.
CREATE TABLE progress (
    event_id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL,
    at timestamptz NOT NULL,
    version integer NOT NULL,
    status text NOT NULL,
    department text NOT NULL,
    reply text
);
CREATE INDEX progress_complaint ON progress (complaint_id, version);
