CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value NOT NULL
) WITHOUT ROWID;

-- The last intent and the last outcome that are applied to their tasks; the id of the batch.
INSERT INTO meta VALUES
    ('applied_intent', 0), ('applied_outcome', 0), ('batch', lower(hex(randomblob(16))));

-- One row per run.
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

-- One row per key. Times are in milliseconds since 1970, UTC.
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    target INTEGER NOT NULL REFERENCES targets (id),
    name TEXT NOT NULL,
    sent_digest BLOB,
    status TEXT NOT NULL DEFAULT 'not_attempted' CHECK (
        status IN ('not_attempted', 'created', 'failed', 'unknown', 'skipped')
    ),
    task_id TEXT NOT NULL DEFAULT '',
    how TEXT NOT NULL DEFAULT '',
    http_status INTEGER,
    error_code TEXT NOT NULL DEFAULT '',
    error_msg TEXT NOT NULL DEFAULT '',
    not_sent_reason TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    first_sent_ms INTEGER,
    finished_ms INTEGER,
    duration_ms INTEGER,
    run INTEGER REFERENCES runs (id),
    UNIQUE (target, name),
    CHECK ((status = 'created') <= (task_id <> ''))
);

CREATE INDEX tasks_task_id ON tasks (task_id) WHERE task_id <> '';

-- The log of a run, append-only: first the intent of an attempt, later its outcome. It is applied
-- to the tasks at the end of the run, or when the journal is opened the next time.
CREATE TABLE intents (
    id INTEGER PRIMARY KEY,
    task INTEGER NOT NULL REFERENCES tasks (id),
    run INTEGER NOT NULL REFERENCES runs (id),
    at_ms INTEGER NOT NULL
);

CREATE INDEX intents_task ON intents (task);

-- The last outcome of an intent counts: an unknown outcome can be reconciled later.
CREATE TABLE outcomes (
    id INTEGER PRIMARY KEY,
    intent INTEGER NOT NULL REFERENCES intents (id),
    status TEXT NOT NULL,
    http_status INTEGER,
    error_code TEXT NOT NULL,
    error_msg TEXT NOT NULL,
    not_sent_reason TEXT NOT NULL,
    task_id TEXT NOT NULL,
    how TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL
);

CREATE INDEX outcomes_intent ON outcomes (intent);

-- Tasks of an instance that the task list contained before the run sent anything to it, with the
-- first such run: they cannot belong to rows that were first sent in that run or later.
CREATE TABLE listed_tasks (
    target INTEGER NOT NULL REFERENCES targets (id),
    task_id TEXT NOT NULL,
    run INTEGER NOT NULL REFERENCES runs (id),
    PRIMARY KEY (target, task_id)
) WITHOUT ROWID;

-- Rate limits: the initial rate of a run and every change of it.
CREATE TABLE rates (
    run INTEGER NOT NULL REFERENCES runs (id),
    at_ms INTEGER NOT NULL,
    per_s REAL NOT NULL
);

-- One row per task that undo has to delete; 'unknown' until the response is recorded.
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

-- The input files, once per SHA-256, in parts that are compressed with zlib.
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

-- The input files of the batch. The path is that of the last file that was not a to-fix file.
CREATE TABLE inputs (
    id INTEGER PRIMARY KEY,
    label TEXT NOT NULL UNIQUE,
    path TEXT NOT NULL
);

-- The content of an input each time it was given; the newest version counts. The base of a
-- correction is the number of the version that the to-fix file was made from.
CREATE TABLE versions (
    id INTEGER PRIMARY KEY,
    input INTEGER NOT NULL REFERENCES inputs (id),
    number INTEGER NOT NULL,
    base INTEGER,
    content INTEGER REFERENCES contents (id),
    given_at TEXT NOT NULL,
    UNIQUE (input, number)
);

-- One row per sheet of a version. Together with the content of the version it has everything that
-- is necessary to read the sheet again in the same way. The ids ascend in the order of the inputs.
CREATE TABLE sheets (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL REFERENCES versions (id),
    sheet TEXT NOT NULL,
    header_row INTEGER NOT NULL,
    encoding TEXT NOT NULL,
    delimiter TEXT NOT NULL,
    columns TEXT NOT NULL, -- JSON: heading and index by field
    others TEXT NOT NULL DEFAULT '[]' -- JSON: headings of the columns without a field
);

CREATE VIEW sources AS
SELECT
    sheets.*,
    versions.input,
    versions.number AS version_number,
    versions.content,
    inputs.label AS file
FROM sheets
JOIN versions ON versions.id = sheets.version
JOIN inputs ON inputs.id = versions.input;

-- One row per input row, in input order. A row that is not current was in an earlier version of its
-- input only. A rejected row has no task; one with a body is rejected because it repeats a value.
CREATE TABLE rows (
    source INTEGER NOT NULL REFERENCES sheets (id),
    number INTEGER NOT NULL,
    is_current INTEGER NOT NULL DEFAULT 1,
    is_selected INTEGER NOT NULL DEFAULT 0,
    is_compared INTEGER NOT NULL DEFAULT 1, -- its name must be unique in the batch
    task INTEGER REFERENCES tasks (id),
    target INTEGER REFERENCES targets (id),
    body BLOB,
    digest BLOB,
    fingerprint INTEGER NOT NULL, -- hash of the texts of all fields, as typed
    task_name TEXT NOT NULL,
    given_id TEXT NOT NULL DEFAULT '', -- task_id that the row gives
    project_id TEXT NOT NULL,
    instance_id TEXT NOT NULL,
    others TEXT, -- JSON: texts of the columns without a field, in the order of the headings
    PRIMARY KEY (source, number)
) WITHOUT ROWID;

CREATE INDEX rows_earlier ON rows (source, number) WHERE NOT is_current;

CREATE INDEX rows_task ON rows (task) WHERE task IS NOT NULL;

-- Errors and warnings of input rows. A check records warnings of rows that are not in the journal.
CREATE TABLE issues (
    source INTEGER NOT NULL REFERENCES sheets (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    column_heading TEXT NOT NULL,
    cell TEXT NOT NULL,
    value TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('error', 'warning')),
    message TEXT NOT NULL,
    suggestion TEXT NOT NULL,
    PRIMARY KEY (source, number, position)
) WITHOUT ROWID;

CREATE TRIGGER rows_deleted AFTER DELETE ON rows BEGIN
    DELETE FROM issues WHERE source = old.source AND number = old.number;
END;

-- Status of each row in the reports: that of its task, unless the row was changed afterwards, or was
-- removed from its file before a task existed.
CREATE VIEW results AS
SELECT
    rows.source,
    rows.number,
    rows.is_current,
    sources.file,
    sources.sheet,
    rows.task_name,
    rows.project_id,
    rows.instance_id,
    rows.others,
    rows.task,
    tasks.target,
    CASE
        WHEN NOT rows.is_current AND coalesce(tasks.status NOT IN ('created', 'unknown'), TRUE)
            THEN 'withdrawn'
        WHEN rows.task IS NULL THEN 'rejected'
        WHEN rows.is_current AND tasks.status = 'created' AND rows.digest <> tasks.sent_digest
            THEN 'skipped'
        ELSE tasks.status
    END AS status,
    coalesce(tasks.task_id, '') AS task_id,
    tasks.http_status,
    CASE
        WHEN rows.task IS NULL AND rows.is_current THEN 'INVALID_ROW'
        ELSE coalesce(tasks.error_code, '')
    END AS error_code,
    CASE
        WHEN NOT rows.is_current AND coalesce(tasks.status NOT IN ('created', 'unknown'), TRUE)
            THEN 'the row is no longer in its file; it was never created'
        WHEN rows.task IS NULL THEN (
            SELECT group_concat(message, char(10))
            FROM (
                SELECT message FROM issues
                WHERE issues.source = rows.source AND issues.number = rows.number
                AND severity = 'error'
                ORDER BY position
            )
        )
        WHEN rows.is_current AND tasks.status = 'created' AND rows.digest <> tasks.sent_digest
            THEN 'the row was changed after its task had been created'
        WHEN tasks.status = 'unknown' AND tasks.finished_ms IS NULL
            THEN 'sent, but no answer was recorded'
        ELSE tasks.error_msg
    END AS error_msg,
    coalesce(tasks.not_sent_reason, '') AS not_sent_reason,
    coalesce(tasks.attempts, 0) AS attempts,
    tasks.first_sent_ms,
    tasks.finished_ms,
    tasks.duration_ms
FROM rows
JOIN sources ON sources.id = rows.source
LEFT JOIN tasks ON tasks.id = rows.task;

-- Responses to the requests, without the outcomes that were reconciled later.
CREATE VIEW responses AS
SELECT intents.run, outcomes.*
FROM intents JOIN outcomes ON outcomes.id = (
    SELECT min(id) FROM outcomes WHERE outcomes.intent = intents.id
);
