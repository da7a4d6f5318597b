"""The schema of the conversations database: one append-only list for all that is kept in it.

Reply texts grow while they stream, so the word index takes a message up only when it is finished.
"""

from __future__ import annotations

from app.core.database import Database, Migration
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

MIGRATIONS: tuple[Migration, ...] = (
    Migration("conversations", _CONVERSATIONS),
    Migration("words of messages", _WORDS),
    Migration("facts", _FACTS),
    Migration("models", _MODELS),
    Migration("replies without documents", _WITHOUT_DOCUMENTS),
)


def open_database(home: Home) -> Database:
    """Open (or make, or mend) the conversations database of a home. Errors: as :class:`Database`."""
    return Database(home.database, home.backups, MIGRATIONS, content="messages")
