"""The nearest vectors, by Chroma: an index of ids and vectors, rebuilt from the ledger when anything is wrong with it.

Chroma does not survive a kill while it writes its index (it then crashes the process at the next use), so it writes
only every million additions, and each opening leaves a mark until the index has answered. A mark that is still there
means that the last opening ended in a crash: a new index is filled from the vector cache, in a new folder, and put in
its place. The same happens when the index gives an error that opening it anew does not mend.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.core.disk import has_room, write_trouble
from app.core.errors import DiskFull
from app.core.files import atomic_write
from app.knowledge.embed_llama import Vectors
from app.knowledge.vector_cache import VectorCache

log = logging.getLogger(__name__)

# Chroma flushes its index to the disk after so many additions; a kill meanwhile destroys it. So: never.
_SYNC_THRESHOLD = 1_000_000
# Denser than Chroma's own 16, 100 and 100, which leave every second vector that is far from all others unreachable.
_GRAPH = {"max_neighbors": 32, "ef_construction": 200, "ef_search": 400}
_ADD_BATCH = 2_000
_MARK = "opening"
_CURRENT = "current"


class VectorIndex:
    """The vectors of one embedding model. Open it with :meth:`open`; until then, and while it is rebuilt, ``ready`` is
    False, additions are not needed (opening brings the index up to date) and searches find nothing.

    Safe from any thread; one of its operations at a time.
    """

    def __init__(self, folder: Path, model_key: str, cache: VectorCache, on_rebuilt: Callable[[str], None]) -> None:
        self._folder = folder
        self._name = f"model-{model_key}"
        self._cache = cache
        self._on_rebuilt = on_rebuilt
        self._lock = threading.RLock()
        self._collection: Any = None
        self._where = folder

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        return self._collection is not None

    def open(self) -> None:
        """Open the index and bring it up to date with the ledger; rebuild it if it is damaged. May take long."""
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            mark = self._folder / _MARK
            name = self._current()
            if name and not (name.isascii() and name.isdigit()):
                return self._rebuild("The search index was damaged (its name could not be read).")
            if mark.exists() and name:
                return self._rebuild("The last start ended in a crash while the search index was opened.")
            if not name or not (self._folder / name).is_dir():
                return self._rebuild("")
            mark.touch()
            try:
                collection = self._connect(self._folder / name)
                if not _GRAPH.items() <= collection.configuration["hnsw"].items():
                    return self._rebuild("")  # of an earlier version: a graph keeps what it was made with
                self._check(collection)
                self._bring_up_to_date(collection)
            except DiskFull:
                raise
            except Exception as error:  # whatever a damaged index makes Chroma raise
                log.exception("the vector index is damaged")
                return self._rebuild(f"The search index was damaged ({type(error).__name__}).")
            finally:
                mark.unlink(missing_ok=True)
            self._collection, self._where = collection, self._folder / name
            return None

    def add(self, chunk_ids: Sequence[int], vectors: Sequence[Vectors]) -> None:
        """Add vectors under new ids. Before the index is open this does nothing: opening will find them."""
        with self._lock:
            if self._collection is not None and chunk_ids:
                with self._closed_if_it_fails():
                    self._add(self._collection, chunk_ids, vectors)

    def remove(self, chunk_ids: Sequence[int]) -> None:
        """Forget vectors; unknown ids are fine."""
        with self._lock:
            if self._collection is not None:
                with self._closed_if_it_fails():
                    for start in range(0, len(chunk_ids), _ADD_BATCH):
                        self._collection.delete(ids=[str(chunk) for chunk in chunk_ids[start : start + _ADD_BATCH]])

    def nearest(self, vector: Vectors, limit: int) -> list[tuple[int, float]]:
        """The ids nearest to a vector and their cosines, best first; empty while the index is not ready."""
        if self._collection is None:  # before taking the lock: opening holds it for long
            return []
        with self._lock, self._closed_if_it_fails():
            found = self._collection.query(query_embeddings=[vector], n_results=limit, include=["distances"])
        return [
            (int(chunk), 1.0 - distance) for chunk, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    # -- inside ---------------------------------------------------------------------------------------------------

    def _current(self) -> str:
        """The name of the folder in use; empty before there is one."""
        try:
            return (self._folder / _CURRENT).read_bytes().decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""

    @contextlib.contextmanager
    def _closed_if_it_fails(self) -> Iterator[None]:
        """After an error nothing is ``ready``: the next :meth:`open` looks at the index, and rebuilds it if need be."""
        try:
            yield
        except Exception:
            self._collection = None
            raise

    def _connect(self, path: Path) -> Any:
        # By name: the window's process may import this module's package, and must never load Chroma.
        chromadb = importlib.import_module("chromadb")
        config = importlib.import_module("chromadb.config")
        # `_env_file`: else Chroma reads the settings of whatever project lies in the working folder.
        settings = config.Settings(_env_file=None, anonymized_telemetry=False, allow_reset=False)
        client = chromadb.PersistentClient(path=str(path), settings=settings)
        return client.get_or_create_collection(
            self._name,
            embedding_function=None,  # the default one downloads a model
            configuration={"hnsw": {"space": "cosine", "sync_threshold": _SYNC_THRESHOLD, **_GRAPH}},
        )

    @staticmethod
    def _check(collection: Any) -> None:
        """Each of the calls that a damaged index fails or crashes in."""
        count = collection.count()
        if count:
            one = collection.get(limit=1, include=["embeddings"])
            collection.query(query_embeddings=[one["embeddings"][0]], n_results=1, include=["distances"])

    def _bring_up_to_date(self, collection: Any) -> None:
        have = {int(chunk) for chunk in collection.get(include=[])["ids"]}
        want = set(self._cache.embedded_ids())
        surplus = sorted(have - want)
        for start in range(0, len(surplus), _ADD_BATCH):
            collection.delete(ids=[str(chunk) for chunk in surplus[start : start + _ADD_BATCH]])
        self._fill(collection, sorted(want - have))

    def _fill(self, collection: Any, chunk_ids: Sequence[int]) -> None:
        for start in range(0, len(chunk_ids), _ADD_BATCH):
            ids, vectors = self._cache.vectors_of(chunk_ids[start : start + _ADD_BATCH])
            if ids:
                self._add(collection, ids, list(vectors))

    def _rebuild(self, why: str) -> None:
        """A new index in a new folder, then swapped in. Old folders are removed as far as the system lets us."""
        self._collection = None
        # Numbers never repeat: Chroma keeps state by path as long as the process lives.
        number = 1 + max((int(p.name) for p in self._folder.iterdir() if p.name.isdigit()), default=0)
        new = self._folder / str(number)
        new.mkdir()
        mark = self._folder / _MARK
        mark.touch()
        collection = self._connect(new)
        self._fill(collection, self._cache.embedded_ids())
        self._check(collection)
        with atomic_write(self._folder / _CURRENT) as file:
            file.write(new.name.encode())
        mark.unlink(missing_ok=True)
        self._collection, self._where = collection, new
        for old in self._folder.iterdir():
            if old.is_dir() and old != new:
                with contextlib.suppress(OSError):
                    shutil.rmtree(old)
        if why:
            self._on_rebuilt(why)

    def _add(self, collection: Any, chunk_ids: Sequence[int], vectors: Sequence[Vectors]) -> None:
        for start in range(0, len(chunk_ids), _ADD_BATCH):
            if not has_room(self._folder):  # Chroma has hung here, with the interpreter's lock held
                raise write_trouble("The search index cannot grow.", self._folder)
            collection.add(
                ids=[str(chunk) for chunk in chunk_ids[start : start + _ADD_BATCH]],
                embeddings=list(vectors[start : start + _ADD_BATCH]),
            )
