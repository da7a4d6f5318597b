"""What the documents say to the last question of a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from app.chat.followup import search_queries
from app.chat.smalltalk import is_small_talk
from app.chat.sources import Evidence
from app.chat.transcript import Message
from app.core.errors import WorkerDied
from app.services.documents import DocumentLibrary
from app.storage.settings import SettingsFile


class EvidenceFinder:
    """Searches, with what a follow-up leans on. Safe from any thread."""

    def __init__(self, documents: DocumentLibrary, settings: SettingsFile) -> None:
        self._documents = documents
        self._settings = settings

    def find(self, path: Sequence[Message], collections: Sequence[int]) -> Evidence:
        """Of the first query that finds some, else of the first query. ``path`` ends with the question.

        Errors: DocumentError, WorkerError, BusyError.
        """
        *before, question = [message.text for message in path if message.role == "user"]
        earlier = [text for text in before if not is_small_talk(text)]
        first, *others = search_queries(question, earlier)
        evidence = self._search(collections, first)
        for query in others:
            if evidence.found:
                break
            if (other := self._search(collections, query)).found:
                return other
        return evidence

    def unfinished(self, collections: Sequence[int]) -> int:
        """How many files of these collections still wait to be indexed."""
        return sum(info.pending for info in self._documents.collections() if info.id in collections)

    def _search(self, collections: Sequence[int], query: str) -> Evidence:
        chosen = self._settings.current.documents
        try:
            return self._documents.search(collections, query, chosen.passages, chosen.quotes)
        except WorkerDied:  # the next call starts it anew
            return self._documents.search(collections, query, chosen.passages, chosen.quotes)
