-- Every service remembers what it has consumed (inbox) and what it has yet to publish (outbox) beside its own
-- state, so that one transaction covers all three.

CREATE TABLE inbox (
    event_id uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX inbox_seen_at ON inbox USING brin (seen_at);

CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    key bytea,
    headers text NOT NULL,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- A queue: rows live for milliseconds, so vacuum by number of dead rows, not by share.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
