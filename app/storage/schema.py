"""The schema of the conversations database: one append-only list for all that is kept in it.

Reply texts grow while they stream, so the word index takes a message up only when it is finished.
"""

from __future__ import annotations

from app.core.database import Database
from app.core.migrations import Migration
from app.core.paths import Home

_CONVERSATIONS = """
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    leaf_id INTEGER,
    deleted_at TEXT
);
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    parent_id INTEGER REFERENCES messages(id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    model TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT '',
    left_out INTEGER NOT NULL DEFAULT 0,
    evidence TEXT,
    checks TEXT,
    figures TEXT,
    owner TEXT
);
CREATE INDEX messages_of_conversation ON messages(conversation_id);
CREATE INDEX messages_of_parent ON messages(parent_id);
CREATE INDEX messages_streaming ON messages(state) WHERE state = 'streaming';
CREATE TABLE attachments (
    conversation_id INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    collection_id INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, collection_id)
) WITHOUT ROWID;
CREATE TABLE drafts (
    conversation_id INTEGER PRIMARY KEY REFERENCES conversations(id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
"""

_WORDS = """
CREATE VIRTUAL TABLE message_words USING fts5(
    text, content='messages', content_rowid='id', tokenize='unicode61 remove_diacritics 2', prefix='2 3'
);
CREATE TRIGGER words_of_new AFTER INSERT ON messages WHEN new.state <> 'streaming' BEGIN
    INSERT INTO message_words(rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER words_of_gone AFTER DELETE ON messages WHEN old.state <> 'streaming' BEGIN
    INSERT INTO message_words(message_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER words_of_changed AFTER UPDATE OF text, state ON messages BEGIN
    INSERT INTO message_words(message_words, rowid, text)
        SELECT 'delete', old.id, old.text WHERE old.state <> 'streaming';
    INSERT INTO message_words(rowid, text) SELECT new.id, new.text WHERE new.state <> 'streaming';
END;
"""

_FACTS = "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"

_MODELS = """
CREATE TABLE models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT '',
    in_place INTEGER NOT NULL,
    added_at TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    copied_from TEXT NOT NULL DEFAULT '',
    summary TEXT NOT NULL
);
"""

_WITHOUT_DOCUMENTS = "ALTER TABLE messages ADD COLUMN without_documents INTEGER NOT NULL DEFAULT 0;"

# Headers are read again (``mtime_ns`` of nothing): more is kept of them now.
_LIBRARY = """
ALTER TABLE models ADD COLUMN notes TEXT NOT NULL DEFAULT '';
ALTER TABLE models ADD COLUMN program TEXT NOT NULL DEFAULT '';
ALTER TABLE models ADD COLUMN found_name TEXT NOT NULL DEFAULT '';
ALTER TABLE models ADD COLUMN source TEXT;
ALTER TABLE models ADD COLUMN preset TEXT;
ALTER TABLE models ADD COLUMN accepted_template TEXT NOT NULL DEFAULT '';
ALTER TABLE models ADD COLUMN deleted_at TEXT;
ALTER TABLE models ADD COLUMN deleted_from TEXT NOT NULL DEFAULT '';
UPDATE models SET mtime_ns = 0, accepted_template = coalesce(json_extract(summary, '$.chat_template'), '');
CREATE TABLE file_hashes (
    path TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE adapters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    summary TEXT NOT NULL
);
CREATE TABLE model_adapters (
    model_id INTEGER NOT NULL REFERENCES models(id),
    adapter_id INTEGER NOT NULL REFERENCES adapters(id),
    scale REAL NOT NULL,
    UNIQUE (model_id, adapter_id)
);
"""

_SIZES = """
CREATE TABLE layouts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    layout TEXT NOT NULL
);
CREATE TABLE measurements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    file_name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    settings TEXT NOT NULL,
    machine TEXT NOT NULL,
    llama_cpp TEXT NOT NULL,
    predicted TEXT NOT NULL,
    resident_bytes INTEGER NOT NULL,
    peak_bytes INTEGER NOT NULL,
    tokens_per_s REAL NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    measured_at TEXT NOT NULL,
    UNIQUE (model, settings, machine, llama_cpp)
);
"""

_NEWER = "ALTER TABLE models ADD COLUMN newer TEXT;"

_FORMER = "ALTER TABLE models ADD COLUMN former TEXT;"

MIGRATIONS: tuple[Migration, ...] = (
    Migration("conversations", _CONVERSATIONS),
    Migration("words of messages", _WORDS),
    Migration("facts", _FACTS),
    Migration("models", _MODELS),
    Migration("replies without documents", _WITHOUT_DOCUMENTS),
    Migration("notes, presets, hashes, trash and adapters of models", _LIBRARY),
    Migration("layouts and measurements of models", _SIZES),
    Migration("newer files of models", _NEWER),
    Migration("models that others took the place of", _FORMER),
)


def open_database(home: Home) -> Database:
    """Open (or make, or mend) the conversations database of a home. Errors: as :class:`Database`."""
    return Database(home.database, home.backups, MIGRATIONS, content="messages", called="Your conversations")
