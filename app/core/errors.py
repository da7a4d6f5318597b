"""Every error a person can act on, as one tree.

An error here says three things: what happened, why, and what to do next. Anything else that is raised is a bug and goes
to the crash handler. Errors cross process borders as :class:`app.core.error_info.ErrorInfo`, never as pickles.

    SatchelError
    ├── Cancelled          the person stopped it; never shown as an error
    ├── ModelError         a model file cannot be read, loaded or run
    │   └── DoesNotFit     it would need more memory than is free
    ├── DocumentError      a file or collection cannot be read or indexed
    │   ├── Skipped        a file is left out on purpose: empty, binary, a picture
    │   ├── FileVanished   it was there when it was found and is not there now
    │   └── FileChanged    it was written to while it was being read
    ├── StorageError       a database is damaged, or newer than this program
    │   └── DiskFull       there is no room to write
    ├── BusyError          another instance holds what is needed
    ├── NetworkError       a host cannot be reached or does not answer as it should
    │   └── OfflineError   the offline switch is on, so nothing was sent
    ├── HubError           the hub answered, and the answer is no
    └── WorkerError        a child process failed
        ├── WorkerDied     it ended by itself or was killed
        └── WorkerHung     it stopped answering and was ended
"""

from __future__ import annotations

from typing import Literal


class SatchelError(Exception):
    """An error with words for the person: what happened, why, what next. Sentences end with a full stop."""

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step

    def __str__(self) -> str:
        return " ".join(part for part in (self.what, self.why, self.next_step) if part)


class Cancelled(SatchelError):
    """The person asked for it to stop."""

    def __init__(self, what: str = "Stopped.", why: str = "", next_step: str = "") -> None:
        super().__init__(what, why, next_step)


class ModelError(SatchelError):
    """A model file cannot be read, loaded or run."""


class DoesNotFit(ModelError):
    """The model would need more memory than is free."""


class DocumentError(SatchelError):
    """A file or a collection cannot be read or indexed."""


class Skipped(DocumentError):
    """A file that is left out on purpose; nothing went wrong."""


class FileVanished(DocumentError):
    """A file that was there when it was found and is not there now."""


class FileChanged(DocumentError):
    """A file that was written to while it was being read; trying again helps."""


class StorageError(SatchelError):
    """A database or a disk does not do what is asked of it."""


class DiskFull(StorageError):
    """There is no room left to write; nothing that was saved before is harmed."""


class BusyError(SatchelError):
    """Another running Satchel holds what is needed."""


NetworkReason = Literal["proxy", "other"]
"""``proxy``: it is in the way, and its setting helps."""


class NetworkError(SatchelError):
    """A host cannot be reached, or it does not answer as it should. ``reason``: in a word, for whoever acts on it."""

    def __init__(self, what: str, why: str = "", next_step: str = "", *, reason: NetworkReason = "other") -> None:
        super().__init__(what, why, next_step)
        self.reason = reason


class OfflineError(NetworkError):
    """The offline switch is on; nothing was sent."""


HubReason = Literal["not_found", "gated", "token", "busy", "mirror", "other"]
"""``gated``: its conditions must be accepted; ``token``: one is missing, or this one is not taken; ``busy``: later;
``mirror``: what is set instead of the hub is none."""


class HubError(SatchelError):
    """The hub answered, and the answer is no: not found, not allowed, too many requests.

    ``reason``: in a word, for whoever acts on it. ``retry_after_s``: the hub will listen again then; None where it does
    not say.
    """

    def __init__(
        self,
        what: str,
        why: str = "",
        next_step: str = "",
        *,
        reason: HubReason = "other",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(what, why, next_step)
        self.reason = reason
        self.retry_after_s = retry_after_s


class WorkerError(SatchelError):
    """A child process failed."""


class WorkerDied(WorkerError):
    """A child process ended while it was needed."""


class WorkerHung(WorkerError):
    """A child process stopped answering and was ended."""
