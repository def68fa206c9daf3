"""The SQL of the simulation: what it reads of the outbox in Kafka's place, and what was found in the end."""

TAKE_RETURNED = """
WITH taken AS (
    DELETE FROM outbox WHERE topic = 'cases.events' AND headers LIKE '%hotline.case.return_granted.v1%' RETURNING *
)
SELECT topic, key, headers, body FROM taken ORDER BY id
"""
EMPTY_OUTBOX = "TRUNCATE outbox"

# One row of a suspicion for each deadline that it may speak of.
READ_SUSPECTED = """
SELECT
    inaction.inaction_id, complaint_id, inaction.department, kind, inaction.clock, inaction.due_at, evidence,
    min(started_at) AS started_at
FROM inaction LEFT JOIN deadlines USING (complaint_id, clock, due_at)
GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1
"""
COUNT_ENTRIES = "SELECT count(*) FROM entries"
