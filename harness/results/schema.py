"""The tables of the database, and what brings an older one to the present schema."""

# 1: runs, outcomes (0.1.0)
# 2: outcomes.dose, a part of the key (0.2.0)
# 3: outcomes.writer and .reader, parts of the key, and .predictions (0.3.0)
# 4: as 3; records hold "side_effects" (0.4.0)
SCHEMA = 4
RUNS = """
CREATE TABLE IF NOT EXISTS runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created TEXT NOT NULL, finished TEXT, pid INTEGER NOT NULL,
    request TEXT NOT NULL, machine TEXT NOT NULL, environments TEXT NOT NULL
);
"""
OUTCOMES = """
CREATE TABLE IF NOT EXISTS outcomes (
    run INTEGER NOT NULL REFERENCES runs, scenario TEXT NOT NULL, path TEXT NOT NULL,
    device TEXT NOT NULL, seed INTEGER NOT NULL, dose TEXT NOT NULL,
    writer TEXT NOT NULL, reader TEXT NOT NULL, verdict TEXT NOT NULL,
    record TEXT NOT NULL, samples BLOB, predictions BLOB, output TEXT NOT NULL,
    PRIMARY KEY (run, scenario, path, device, seed, dose, writer, reader)
);
"""


def change_outcomes(dose: str) -> str:
    """Return what copies an older table, with its `dose`, into a present one."""
    return f"""
ALTER TABLE outcomes RENAME TO outcomes_before;
{OUTCOMES}
INSERT INTO outcomes
    SELECT run, scenario, path, device, seed, {dose}, json_extract(record, '$.writer'),
        json_extract(record, '$.reader'), verdict, record, samples, NULL, output
    FROM outcomes_before ORDER BY rowid;
DROP TABLE outcomes_before;
"""


# By the schema found: what makes it the present one.
CHANGES = {0: RUNS + OUTCOMES, 1: change_outcomes("''"), 2: change_outcomes("dose"), 3: ""}
