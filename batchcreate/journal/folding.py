"""Brings what a run appended into the tasks: the last outcome of its last attempt decides."""

import sqlite3
from typing import Final

REUSED_ID: Final = "the server answered with the task_id of another task"

# An intent without an outcome leaves its task unknown. So does an id that belongs to another
# task of the same instance: a server that hands it out twice has not created two tasks.
_FOLD: Final = """
WITH touched AS (
    SELECT task FROM intents
    WHERE id > (SELECT value FROM meta WHERE name = 'folded_intent')
    UNION
    SELECT intents.task FROM outcomes JOIN intents ON intents.id = outcomes.intent
    WHERE outcomes.id > (SELECT value FROM meta WHERE name = 'folded_outcome')
),
attempted AS (
    SELECT task, max(id) AS last, min(at_ms) AS first_ms, count(*) AS attempts, max(run) AS run
    FROM intents WHERE task IN (SELECT task FROM touched) GROUP BY task
),
answered AS (
    SELECT
        attempted.*,
        outcomes.*,
        outcomes.status = 'created' AND (
            row_number() OVER (
                PARTITION BY tasks.target, outcomes.task_id ORDER BY attempted.last
            ) > 1
            OR EXISTS (
                SELECT 1 FROM tasks AS other
                WHERE other.task_id = outcomes.task_id AND other.task_id <> ''
                AND other.target = tasks.target AND other.id <> attempted.task
            )
        ) AS is_reused
    FROM attempted
    JOIN tasks ON tasks.id = attempted.task
    LEFT JOIN outcomes ON outcomes.id = (
        SELECT max(id) FROM outcomes WHERE intent = attempted.last
    )
)
UPDATE tasks SET
    status = CASE WHEN is_reused THEN 'unknown' ELSE coalesce(answered.status, 'unknown') END,
    task_id = CASE WHEN is_reused THEN '' ELSE coalesce(answered.task_id, '') END,
    how = coalesce(answered.how, ''),
    http_status = answered.http_status,
    error_code = coalesce(answered.error_code, ''),
    error_msg = CASE WHEN is_reused THEN ? ELSE coalesce(answered.error_msg, '') END,
    attempts = answered.attempts,
    first_sent_ms = answered.first_ms,
    finished_ms = answered.at_ms,
    duration_ms = answered.duration_ms,
    sent_digest = CASE
        WHEN answered.last > (SELECT value FROM meta WHERE name = 'folded_intent')
        THEN tasks.digest ELSE tasks.sent_digest
    END,
    run = answered.run
FROM answered WHERE tasks.id = answered.task
"""


def fold(connection: sqlite3.Connection) -> None:
    """Fold every attempt and outcome that is not folded yet; the caller holds a transaction."""
    connection.execute(_FOLD, (REUSED_ID,))
    connection.execute(
        """
        UPDATE meta SET value = CASE name
            WHEN 'folded_intent' THEN (SELECT coalesce(max(id), 0) FROM intents)
            ELSE (SELECT coalesce(max(id), 0) FROM outcomes)
        END
        WHERE name IN ('folded_intent', 'folded_outcome')
        """
    )
