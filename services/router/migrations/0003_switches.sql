-- Which model was switched on, when and by whom.
CREATE TABLE switches (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    switched_at timestamptz NOT NULL DEFAULT now(),
    model_hash text NOT NULL,
    switched_by text NOT NULL
);
