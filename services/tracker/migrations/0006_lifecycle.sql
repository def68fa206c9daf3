-- Returns, suspension, extension, urging and supervision; docs/decisions/0015-clocks-belong-to-the-reporter.md.

-- Which of the router's decisions the case follows, and whether anybody holds it. While a granted return is on its way
-- to the router nobody does: `department` is then the one that gave it back.
ALTER TABLE cases
    ADD COLUMN hop integer NOT NULL DEFAULT 1,
    ADD COLUMN returnable boolean NOT NULL DEFAULT true,
    ADD COLUMN in_transit boolean NOT NULL DEFAULT false,
    -- What the reporter said when the case was closed; null where it is open, or was closed before this was asked.
    ADD COLUMN contacted boolean,
    ADD COLUMN satisfaction text;
ALTER TABLE cases ADD CONSTRAINT cases_in_transit CHECK (NOT in_transit OR status IN ('dispatched', 'declined'))
    NOT VALID;
ALTER TABLE cases VALIDATE CONSTRAINT cases_in_transit;

-- What a department asks for and others decide.
CREATE TABLE requests (
    request_id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES cases,
    kind text NOT NULL CHECK (kind IN ('return', 'suspension', 'extension')),
    department text NOT NULL,
    reason text NOT NULL,
    -- Of a return: the rule by which the case is another's.
    basis text,
    -- Of a suspension: which of the policy's reasons.
    category text,
    -- Of a suspension or an extension: how long.
    term text,
    requested_at timestamptz NOT NULL,
    -- Lapsed: the case moved on before anybody decided.
    decision text CHECK (decision IN ('granted', 'refused', 'lapsed')),
    decided_at timestamptz,
    decided_because text,
    CHECK ((basis IS NOT NULL) = (kind = 'return')),
    CHECK ((category IS NOT NULL) = (kind = 'suspension')),
    CHECK ((term IS NULL) = (kind = 'return')),
    CHECK ((decision IS NULL) = (decided_at IS NULL))
);
CREATE INDEX requests_case ON requests (complaint_id);
CREATE UNIQUE INDEX requests_pending ON requests (complaint_id, kind) WHERE decision IS NULL;

CREATE TABLE suspensions (
    suspension_id uuid PRIMARY KEY,
    complaint_id uuid NOT NULL REFERENCES cases,
    category text NOT NULL,
    reason text NOT NULL,
    -- The reply deadline that stands still; it is replaced by one for what was left.
    deadline_id uuid NOT NULL REFERENCES deadlines,
    suspended_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    resumed_at timestamptz
);
CREATE INDEX suspensions_case ON suspensions (complaint_id);
CREATE UNIQUE INDEX suspensions_running ON suspensions (complaint_id) WHERE resumed_at IS NULL;

-- Urged (催办) and supervised (督办): each time a row, with the version that the case then had.
CREATE TABLE flags (
    complaint_id uuid NOT NULL REFERENCES cases,
    version integer NOT NULL,
    flag text NOT NULL CHECK (flag IN ('urged', 'supervised')),
    at timestamptz NOT NULL,
    by_role text NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (complaint_id, version)
);

-- A suspension ends by itself at its bound.
ALTER TABLE timers DROP CONSTRAINT timers_kind_check;
ALTER TABLE timers ADD CONSTRAINT timers_kind_check CHECK (kind IN ('warning', 'due', 'resume')) NOT VALID;
ALTER TABLE timers VALIDATE CONSTRAINT timers_kind_check;
