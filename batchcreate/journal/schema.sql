CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;

-- The last intent and the last outcome that are folded into their tasks.
INSERT INTO meta VALUES ('folded_intent', 0), ('folded_outcome', 0);

-- One line per run of the tool on this journal.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE targets (
    id INTEGER PRIMARY KEY,
    endpoint TEXT NOT NULL,
    project_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    UNIQUE (endpoint, project_id, instance_id)
);

-- One line per key. Times are milliseconds since 1970, UTC.
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL REFERENCES targets (id),
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    digest BLOB NOT NULL,
    sent_digest BLOB,
    status TEXT NOT NULL DEFAULT 'not_attempted' CHECK (
        status IN ('not_attempted', 'created', 'failed', 'unknown', 'skipped')
    ),
    task_id TEXT NOT NULL DEFAULT '',
    how TEXT NOT NULL DEFAULT '',
    http_status INTEGER,
    error_code TEXT NOT NULL DEFAULT '',
    error_msg TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    first_sent_ms INTEGER,
    finished_ms INTEGER,
    duration_ms INTEGER,
    run INTEGER REFERENCES runs (id),
    UNIQUE (target, name),
    CHECK ((status = 'created') <= (task_id <> ''))
);

CREATE INDEX tasks_task_id ON tasks (task_id) WHERE task_id <> '';

-- What happens during a run is only ever appended, first an intent, later its outcome;
-- `fold` brings it into the tasks when the run is over, or when the journal is next opened.
CREATE TABLE intents (
    id INTEGER PRIMARY KEY,
    task INTEGER NOT NULL REFERENCES tasks (id),
    run INTEGER NOT NULL REFERENCES runs (id),
    at_ms INTEGER NOT NULL
);

CREATE INDEX intents_task ON intents (task);

-- The last outcome of an intent counts: one that was not known may be settled later.
CREATE TABLE outcomes (
    id INTEGER PRIMARY KEY,
    intent INTEGER NOT NULL REFERENCES intents (id),
    status TEXT NOT NULL,
    http_status INTEGER,
    error_code TEXT NOT NULL,
    error_msg TEXT NOT NULL,
    task_id TEXT NOT NULL,
    how TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL
);

CREATE INDEX outcomes_intent ON outcomes (intent);

-- How fast requests might leave: the rate that a run began with, and every change of it.
CREATE TABLE rates (
    run INTEGER NOT NULL REFERENCES runs (id),
    at_ms INTEGER NOT NULL,
    per_s REAL NOT NULL
);

-- One line per task that undo was asked to remove; 'unknown' until the answer is in.
CREATE TABLE deletions (
    task INTEGER NOT NULL REFERENCES tasks (id),
    task_id TEXT NOT NULL,
    status TEXT NOT NULL,
    http_status INTEGER,
    error_code TEXT NOT NULL DEFAULT '',
    error_msg TEXT NOT NULL DEFAULT '',
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (task, task_id)
) WITHOUT ROWID;

-- The input files, once per SHA-256, in pieces that zlib made smaller.
CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE
);

CREATE TABLE content_parts (
    content INTEGER NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (content, position)
);

-- One line per sheet that was read; a reading is one pass over all files of a run. With the
-- file's content it holds all that is needed to read the sheet again in the same way.
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    reading INTEGER NOT NULL,
    file TEXT NOT NULL,
    sheet TEXT NOT NULL,
    content INTEGER REFERENCES contents (id),
    header_number INTEGER NOT NULL,
    encoding TEXT NOT NULL,
    delimiter TEXT NOT NULL,
    columns TEXT NOT NULL, -- JSON: by field the heading and the index
    name_header TEXT NOT NULL,
    name_index INTEGER NOT NULL
);

-- One line per input row, in input order. No task: the row is rejected.
CREATE TABLE rows (
    source INTEGER NOT NULL REFERENCES sources (id),
    number INTEGER NOT NULL,
    task INTEGER REFERENCES tasks (id),
    digest BLOB,
    is_selected INTEGER NOT NULL DEFAULT 1,
    task_name TEXT NOT NULL,
    project_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    PRIMARY KEY (source, number)
) WITHOUT ROWID;

CREATE INDEX rows_task ON rows (task) WHERE task IS NOT NULL;

-- Rows of to-fix files, and the places in the analysts' files that they stand for.
CREATE TABLE origins (
    source INTEGER NOT NULL,
    number INTEGER NOT NULL,
    content TEXT NOT NULL,
    file TEXT NOT NULL,
    sheet TEXT NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (source, number),
    FOREIGN KEY (source, number) REFERENCES rows (source, number) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX origins_place ON origins (content, row);

CREATE TABLE issues (
    source INTEGER NOT NULL,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    column_header TEXT NOT NULL,
    cell TEXT NOT NULL,
    value TEXT NOT NULL,
    rule TEXT NOT NULL,
    message TEXT NOT NULL,
    suggestion TEXT NOT NULL,
    PRIMARY KEY (source, number, position),
    FOREIGN KEY (source, number) REFERENCES rows (source, number) ON DELETE CASCADE
) WITHOUT ROWID;

-- What a report says of a row: its task's status, unless it was changed after the creation.
CREATE VIEW results AS
SELECT
    rows.source,
    rows.number,
    sources.reading,
    sources.file,
    sources.sheet,
    rows.task_name,
    rows.project_id,
    rows.instance_id,
    rows.task,
    tasks.target,
    CASE
        WHEN rows.task IS NULL THEN 'rejected'
        WHEN tasks.status = 'created' AND rows.digest <> tasks.sent_digest THEN 'skipped'
        ELSE tasks.status
    END AS status,
    coalesce(tasks.task_id, '') AS task_id,
    tasks.http_status,
    CASE WHEN rows.task IS NULL THEN 'INVALID_ROW' ELSE tasks.error_code END AS error_code,
    CASE
        WHEN rows.task IS NULL THEN (
            SELECT group_concat(message, char(10))
            FROM (
                SELECT message FROM issues
                WHERE issues.source = rows.source AND issues.number = rows.number
                ORDER BY position
            )
        )
        WHEN tasks.status = 'created' AND rows.digest <> tasks.sent_digest
            THEN 'the row was changed after its task had been created'
        WHEN tasks.status = 'unknown' AND tasks.finished_ms IS NULL
            THEN 'sent, but no answer was recorded'
        ELSE tasks.error_msg
    END AS error_msg,
    coalesce(tasks.attempts, 0) AS attempts,
    tasks.first_sent_ms,
    tasks.finished_ms,
    tasks.duration_ms
FROM rows
JOIN sources ON sources.id = rows.source
LEFT JOIN tasks ON tasks.id = rows.task;

-- How the requests were answered: what the server's list told later is left out.
CREATE VIEW answers AS
SELECT intents.run, outcomes.*
FROM intents JOIN outcomes ON outcomes.id = (
    SELECT min(id) FROM outcomes WHERE outcomes.intent = intents.id
);
