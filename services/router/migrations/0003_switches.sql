-- Which model was switched on, when and by whom.
CREATE TABLE switches (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    switched_at timestamptz NOT NULL DEFAULT now(),
    model_hash text NOT NULL,
    switched_by text NOT NULL
);

-- What people decided, for the export of examples.
CREATE INDEX decisions_to_learn_from ON decisions (decided_at, complaint_id)
    WHERE in_force AND (returns > 0 OR placed_by IS NOT NULL);
