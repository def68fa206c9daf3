CREATE TABLE cases (
    complaint_id uuid PRIMARY KEY,
    ticket_number text NOT NULL,
    department text NOT NULL,
    channel text NOT NULL,
    kind text NOT NULL,
    urgency text NOT NULL,
    confidentiality text NOT NULL,
    matter text,
    title text,
    text text NOT NULL,
    place text,
    reason text NOT NULL,
    lawful_channel text,
    decision_id uuid NOT NULL,
    status text NOT NULL,
    -- Grows by one with every move; whoever moves a case may say which version they saw.
    version integer NOT NULL,
    accepted_at timestamptz NOT NULL,
    opened_at timestamptz NOT NULL
);
CREATE INDEX cases_queue ON cases (department, complaint_id);
CREATE INDEX cases_open ON cases (department, status) WHERE status NOT IN ('closed', 'declined');

-- How a deadline was counted, day by day; the cases of one day share theirs. The id is a hash of the days.
CREATE TABLE timelines (
    timeline_id uuid PRIMARY KEY,
    days jsonb NOT NULL
);

-- Immutable: a change of a deadline is a further row that names the one it replaces and why.
CREATE TABLE deadlines (
    deadline_id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES cases,
    clock text NOT NULL,
    started_at timestamptz NOT NULL,
    term text NOT NULL,
    due_at timestamptz NOT NULL,
    warn_at timestamptz,
    provisional boolean NOT NULL,
    policy_hash text NOT NULL,
    calendar_version text NOT NULL,
    timeline_id uuid NOT NULL REFERENCES timelines,
    replaces uuid REFERENCES deadlines,
    replaced_because text,
    CHECK ((replaces IS NULL) = (replaced_because IS NULL))
);
CREATE INDEX deadlines_case ON deadlines (complaint_id);

-- What became of a deadline: each outcome at most once, for ever. Outcomes and timers come by the hundred thousand in
-- one second, always for deadlines that were just read or written, so they carry no foreign key to check.
CREATE TABLE outcomes (
    deadline_id uuid NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('warned', 'missed', 'met')),
    at timestamptz NOT NULL,
    PRIMARY KEY (deadline_id, outcome)
);

-- What is still to happen by itself; a row is deleted by the transaction that fires or stops it.
CREATE TABLE timers (
    deadline_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('warning', 'due')),
    fires_at timestamptz NOT NULL,
    PRIMARY KEY (deadline_id, kind)
);
CREATE INDEX timers_due ON timers (fires_at);

CREATE TABLE inaction (
    inaction_id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES cases,
    department text NOT NULL,
    kind text NOT NULL,
    clock text NOT NULL,
    due_at timestamptz NOT NULL,
    suspected_at timestamptz NOT NULL,
    evidence text NOT NULL
);
CREATE INDEX inaction_newest ON inaction (suspected_at DESC, inaction_id DESC);

-- Every move of every case, appended and never changed (全过程记录).
CREATE TABLE moves (
    complaint_id uuid NOT NULL REFERENCES cases,
    version integer NOT NULL,
    action text NOT NULL,
    status text NOT NULL,
    actor_role text NOT NULL,
    actor_department text,
    at timestamptz NOT NULL,
    note text,
    PRIMARY KEY (complaint_id, version)
);

-- The database's clock is the one clock. A demonstration may run ahead of it: at most one row, none in real use.
CREATE TABLE simulated_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    ahead interval NOT NULL
);
CREATE FUNCTION present() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT statement_timestamp() + coalesce((SELECT ahead FROM simulated_clock), interval '0') $$;
