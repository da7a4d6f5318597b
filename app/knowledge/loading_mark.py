"""Loading the embedding model at start: a file that crashes llama.cpp does so three times, and not at every start."""

from __future__ import annotations

import contextlib
import logging
import time
from pathlib import Path

from app.core.errors import ModelError
from app.core.paths import Home
from app.knowledge.embed import EmbeddingModel

log = logging.getLogger(__name__)

_MOST_CRASHES = 3
_NO_MODEL = "There is no embedding model, so documents are found by their words only."


def load_model(home: Home, path: Path | None) -> tuple[EmbeddingModel | None, str]:
    """The model, or why there is none.

    A file that crashes llama.cpp would end this process at each start. Loading leaves a mark until it is done; after
    three in a row (one or two may have been kills) the file is left alone for an hour.
    """
    if path is None:
        return None, _NO_MODEL
    try:
        status = path.stat()
    except OSError:
        return None, f"The embedding model {path} is not there. {_NO_MODEL}"
    mark = home.knowledge / "loading-model"
    attempt = f"{path} {status.st_size} {status.st_mtime_ns}\n"
    before = mark.read_text("utf-8") if mark.is_file() and time.time() - mark.stat().st_mtime < 3600 else ""
    crashes = before.count(attempt)
    if crashes == _MOST_CRASHES:
        return None, f"The embedding model {path.name} crashes when it is loaded. Choose another one. {_NO_MODEL}"
    with contextlib.suppress(OSError):  # a full disk must not keep the worker from starting and from saying so
        mark.write_text((crashes + 1) * attempt, "utf-8")
    try:
        model = EmbeddingModel(path)
        model.embed_query("Is it alive?")
    except ModelError as error:
        log.exception("the embedding model does not load")
        return None, f"{error} {_NO_MODEL}"
    finally:
        mark.unlink(missing_ok=True)
    return model, ""
