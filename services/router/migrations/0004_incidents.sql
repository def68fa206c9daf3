-- Which complaints tell of the same incident (同一事件); docs/decisions/0021-one-incident.md.

-- What a complaint is compared by, as long as it can be the same incident as a later one. Lists are written with blanks.
CREATE TABLE fingerprints (
    complaint_id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    characters text NOT NULL,
    towns text NOT NULL,
    names text NOT NULL,
    parts text NOT NULL,
    matter text,
    implicated text NOT NULL
);
CREATE INDEX fingerprints_time ON fingerprints USING brin (at);

-- The keys under which it is found. Of a key that many share only the newest are read, whatever their number.
CREATE TABLE fingerprint_keys (
    key bigint NOT NULL,
    at timestamptz NOT NULL,
    complaint_id uuid NOT NULL
);
CREATE INDEX fingerprint_keys_newest ON fingerprint_keys (key, at) INCLUDE (complaint_id);
CREATE INDEX fingerprint_keys_time ON fingerprint_keys USING brin (at);
-- Rows come with the time and are read at once; the planner must know of them.
ALTER TABLE fingerprint_keys SET (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);

-- Which incident a complaint was said to tell of, by whom and why; the last word is in force. A complaint that has no row
-- is alone. An incident has the id of the complaint that opened it.
CREATE TABLE memberships (
    complaint_id uuid NOT NULL,
    version integer NOT NULL,
    -- Null: a person took it out, and it is not put back by itself.
    incident_id uuid,
    accepted_at timestamptz NOT NULL,
    said_at timestamptz NOT NULL,
    -- The subject of the access token; null: the router itself.
    said_by text,
    because text NOT NULL,
    -- Of what the router said: the complaint that it resembles, and the score.
    resembles uuid,
    score real,
    in_force boolean NOT NULL DEFAULT true,
    PRIMARY KEY (complaint_id, version)
);
CREATE UNIQUE INDEX one_membership_in_force ON memberships (complaint_id) WHERE in_force;
CREATE INDEX memberships_incident ON memberships (incident_id, accepted_at) WHERE in_force;
CREATE INDEX memberships_time ON memberships (accepted_at) WHERE in_force;
CREATE INDEX memberships_history ON memberships (incident_id) WHERE NOT in_force;

-- Each level of a hot spot (热点) once for each incident; `told` is false where it came with an incident that was merged.
CREATE TABLE hotspots (
    incident_id uuid NOT NULL,
    level smallint NOT NULL,
    raised_at timestamptz NOT NULL,
    complaints integer NOT NULL,
    told boolean NOT NULL DEFAULT true,
    PRIMARY KEY (incident_id, level)
);
CREATE INDEX hotspots_newest ON hotspots (raised_at DESC);
