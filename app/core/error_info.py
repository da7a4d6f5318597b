"""An error on its way between processes. Apart from the errors, so that the window starts without msgspec."""

from __future__ import annotations

import msgspec

from app.core.errors import SatchelError, WorkerError


class ErrorInfo(msgspec.Struct, frozen=True):
    """A :class:`SatchelError` on its way between processes."""

    kind: str
    what: str
    why: str = ""
    next_step: str = ""

    @classmethod
    def of(cls, error: BaseException) -> ErrorInfo:
        """Describe any exception; one that is not ours is a bug in the child and says so."""
        if isinstance(error, SatchelError):
            return cls(type(error).__name__, error.what, error.why, error.next_step)
        return cls(
            WorkerError.__name__,
            "Something went wrong inside Satchel.",
            f"{type(error).__name__}: {error}.",
            "The log has the details; please report it.",
        )

    def to_exception(self) -> SatchelError:
        """The exception that this describes, of the same class."""
        return _KINDS.get(self.kind, WorkerError)(self.what, self.why, self.next_step)


def _tree(root: type[SatchelError]) -> dict[str, type[SatchelError]]:
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found.update(_tree(child))
    return found


_KINDS = _tree(SatchelError)
