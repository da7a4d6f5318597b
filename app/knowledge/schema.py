"""The document ledger's tables, as append-only steps.

A chunk's text is kept beside the file's whole text: cutting it out of a long text costs a pass over that text for each
passage shown. The whole text is compressed, since only the source pane reads it.
"""

from __future__ import annotations

from app.core.migrations import Migration

MIGRATIONS = [
    Migration(
        "collections, files, chunks, words and vectors",
        """
        CREATE TABLE collections (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE
        );
        CREATE TABLE roots (
            id INTEGER PRIMARY KEY,
            collection_id INTEGER NOT NULL REFERENCES collections(id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            UNIQUE (collection_id, path)
        );
        CREATE TABLE files (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            collection_id INTEGER NOT NULL REFERENCES collections(id) ON DELETE CASCADE,
            path TEXT NOT NULL,
            title TEXT NOT NULL DEFAULT '',
            size INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            hash BLOB,
            parser_version INTEGER NOT NULL DEFAULT 0,
            status TEXT NOT NULL CHECK (status IN ('pending', 'indexed', 'skipped', 'failed', 'missing')),
            reason TEXT NOT NULL DEFAULT '',
            pages INTEGER,
            chunks INTEGER NOT NULL DEFAULT 0,
            UNIQUE (collection_id, path)
        );
        CREATE INDEX files_by_status ON files (collection_id, status);
        CREATE INDEX files_pending ON files (id) WHERE status = 'pending';
        CREATE INDEX files_by_hash ON files (hash);
        CREATE TABLE texts (
            file_id INTEGER PRIMARY KEY REFERENCES files(id) ON DELETE CASCADE,
            deflated BLOB NOT NULL
        );
        CREATE TABLE pages (
            file_id INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            start INTEGER NOT NULL,
            "end" INTEGER NOT NULL,
            PRIMARY KEY (file_id, number)
        ) WITHOUT ROWID;
        CREATE TABLE models (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE
        );
        CREATE TABLE vectors (
            id INTEGER PRIMARY KEY,
            model_id INTEGER NOT NULL REFERENCES models(id),
            hash BLOB NOT NULL,
            vector BLOB NOT NULL,
            UNIQUE (model_id, hash)
        );
        CREATE TABLE chunks (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            file_id INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
            collection_id INTEGER NOT NULL REFERENCES collections(id) ON DELETE CASCADE,
            ordinal INTEGER NOT NULL,
            start INTEGER NOT NULL,
            "end" INTEGER NOT NULL,
            heading TEXT NOT NULL,
            page INTEGER,
            text TEXT NOT NULL,
            hash BLOB NOT NULL,
            vector_id INTEGER REFERENCES vectors(id)
        );
        CREATE INDEX chunks_by_file ON chunks (file_id, ordinal);
        CREATE INDEX chunks_by_hash ON chunks (hash);
        CREATE INDEX chunks_by_vector ON chunks (vector_id);
        CREATE INDEX chunks_by_collection ON chunks (collection_id, vector_id);
        CREATE INDEX chunks_without_vector ON chunks (id) WHERE vector_id IS NULL;
        CREATE VIRTUAL TABLE words USING fts5(
            text, heading, name,
            content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2'
        );
        """,
    ),
    Migration(
        "headings, each with the path to it",
        """
        CREATE TABLE headings (
            file_id INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
            start INTEGER NOT NULL,
            "end" INTEGER NOT NULL,
            path TEXT NOT NULL,
            PRIMARY KEY (file_id, start)
        ) WITHOUT ROWID;
        """,
    ),
    Migration(
        "removed collections, which can be brought back for a while; their name is kept aside and free for others",
        """
        ALTER TABLE collections ADD COLUMN removed_at REAL;
        ALTER TABLE collections ADD COLUMN removed_name TEXT;
        """,
    ),
]
