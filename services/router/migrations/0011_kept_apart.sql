-- Incidents that a person has parted (:split): nothing that comes later merges them again. Each pair stands in both
-- directions, and an incident that takes another in takes over what that one is kept apart from.
CREATE TABLE kept_apart (
    one uuid NOT NULL,
    other uuid NOT NULL,
    said_at timestamptz NOT NULL,
    -- The subject of the access token.
    said_by text NOT NULL,
    because text NOT NULL,
    PRIMARY KEY (one, other)
);
