-- One accepted complaint with all that is stored of it, as a parameter: an array of such rows costs its client half of
-- what an array for each column does. Running services hold its layout: a later version makes a new type.
CREATE TYPE accepting AS (
    complaint_id uuid,
    ticket_number text,
    channel text,
    external_id text,
    kind text,
    urgency text,
    confidentiality text,
    title text,
    text text,
    place text,
    accused text,
    received_by text,
    operator text,
    occurred_at timestamptz,
    content_hash bytea,
    language text,
    sealed bytea,
    headers text,
    body bytea,
    traces bytea[],
    repeat_of uuid,
    likeness real,
    service_code text
);
