-- Codes sent to telephones of reporters, forgotten after a day; the number itself stands nowhere.
CREATE TABLE phone_checks (
    check_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The form that the code is for, and the keyed trace of the number that it was sent to.
    form_key uuid NOT NULL,
    trace bytea NOT NULL,
    -- Keyed, as the number's: six digits are soon tried out.
    code_hash bytea NOT NULL,
    sent_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0
);
CREATE INDEX phone_checks_trace ON phone_checks (trace, sent_at);
CREATE INDEX phone_checks_form ON phone_checks (form_key);
CREATE INDEX phone_checks_sent_at ON phone_checks (sent_at);

-- Complaints whose reporter typed the code in that was sent to the telephone they gave.
CREATE TABLE checked_phones (
    complaint_id uuid PRIMARY KEY REFERENCES complaints,
    at timestamptz NOT NULL DEFAULT now()
);

-- The departments that help with a joint matter, as the router's assignments tell it; kept for every complaint that was
-- placed with helpers or placed again, so that what is older of two cannot come in the place of what is newer.
CREATE TABLE helpers (
    complaint_id uuid PRIMARY KEY,
    -- How often the complaint had been placed.
    hop integer NOT NULL,
    departments text[] NOT NULL
);
