-- Which incident (同一事件) the router says that a complaint tells of: kept apart from the case, because that may be said
-- before the case is there, and because it is no step of the case's life.
CREATE TABLE case_incidents (
    complaint_id uuid PRIMARY KEY,
    -- Null: a person took the complaint out of the incident.
    incident_id uuid,
    -- Of several sayings the one with the highest version holds, in whatever order they come.
    version integer NOT NULL
);
CREATE INDEX case_incidents_incident ON case_incidents (incident_id, complaint_id) WHERE incident_id IS NOT NULL;
