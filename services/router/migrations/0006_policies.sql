-- What a changed policy would have done with what was decided. The result holds counts, and a few texts as they are
-- kept beside the decisions, redacted.
CREATE TABLE dry_runs (
    dry_run_id uuid PRIMARY KEY,
    name text NOT NULL,
    policy_hash text NOT NULL,
    model_hash text,
    -- From when on complaints are replayed, and how many there are.
    since timestamptz NOT NULL,
    expected integer NOT NULL,
    started_by text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    replayed integer NOT NULL DEFAULT 0,
    -- Of the last batch; a run that has not moved for long was interrupted.
    moved_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    -- Why it ended without a result.
    failed text,
    result json,
    CHECK ((finished_at IS NULL) = (failed IS NULL AND result IS NULL))
);
CREATE INDEX dry_runs_by_policy ON dry_runs (policy_hash, finished_at) WHERE result IS NOT NULL;

-- Who switched which policy on, after which dry run, and why.
CREATE TABLE activations (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activated_at timestamptz NOT NULL DEFAULT now(),
    activated_by text NOT NULL,
    name text NOT NULL,
    from_hash text NOT NULL,
    to_hash text NOT NULL,
    dry_run_id uuid NOT NULL REFERENCES dry_runs,
    reason text NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION '% are only ever added to; % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON activations EXECUTE FUNCTION refuse_change();
