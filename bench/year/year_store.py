"""The SQL of the simulation: what it reads of the outbox in Kafka's place, and what was found in the end."""

TAKE_RETURNED = """
WITH taken AS (
    DELETE FROM outbox WHERE topic = 'cases.events' AND headers LIKE '%hotline.case.return_granted.v1%' RETURNING *
)
SELECT topic, key, headers, body FROM taken ORDER BY id
"""
EMPTY_OUTBOX = "TRUNCATE outbox"
# In place of the automatic one, which comes by the real time, so that two runs find their rows in the same places.
TIDY = ("VACUUM ANALYZE timers", "VACUUM ANALYZE cases", "ANALYZE deadlines", "ANALYZE entries", "ANALYZE outcomes")

# One row of a suspicion for each deadline that it may speak of.
READ_SUSPECTED = """
SELECT
    inaction.inaction_id, complaint_id, inaction.department, kind, inaction.clock, inaction.due_at, evidence,
    min(started_at) AS started_at
FROM inaction LEFT JOIN deadlines USING (complaint_id, clock, due_at)
GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1
"""
COUNT_ENTRIES = "SELECT count(*) FROM entries"
