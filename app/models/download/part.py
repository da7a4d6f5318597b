"""Fetching one file until it is whole and right; what is there from an earlier run is gone on with."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from app.core.errors import ModelError, SatchelError
from app.core.jobs import CancelToken
from app.core.network import Network
from app.core.sizes import size_text
from app.models.download.address import Address
from app.models.download.apart import apart
from app.models.download.hashing import DiskSync, PrefixHash
from app.models.download.journal import boot_mark
from app.models.download.lanes import Lanes
from app.models.download.outcomes import AnotherFile, TryLater, passing
from app.models.download.partial import Facts, Identity, PartFiles, PartialFile
from app.models.download.patience import Patience, Timing
from app.models.download.placing import check_without_hash
from app.models.download.room import Room
from app.models.download.values import DownloadState, Source
from app.models.hub.values import HubFile

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

_MOST_CHANGES = 3
_MOST_REFUSED = 2
_TICK_S = 0.2

LARGEST_BYTES = 2**40
"""Of one file; the hub takes none of half that size."""

CHANGED = "The file on the hub was changed meanwhile, so it is fetched from its beginning."
REFETCHED = "What arrived was not what the hub promised (SHA-256), so it is fetched once more."
NO_HASH = "The hub gave no checksum for this file: only its length and its header were checked."
NO_RANGES = "The server cannot go on in the middle of a file: after an interruption it begins anew."
OFFLINE = "Waiting: the offline switch is on."


@dataclass(frozen=True)
class Means:
    """What downloads work with."""

    network: Network
    source: Source
    room: Room
    timing: Timing


@dataclass
class Status:
    """How far a download is. Written by its thread, read by others."""

    state: DownloadState = "checking"
    done_bytes: int = 0
    checked_bytes: int = 0
    waiting: str = ""
    remarks: list[str] = field(default_factory=list)

    def remark(self, sentence: str) -> None:
        """Something worth knowing, once."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    @property
    def note(self) -> str:
        """All of it in sentences, what happens now first."""
        return " ".join(part for part in (self.waiting, *self.remarks) if part)


class PartFetch:
    """Part ``index`` of ``file``. ``claim_room`` is told how much of it is still to come, and raises without room;
    ``watch_room`` the same while it arrives. ``on_identity`` hears what the hub says of the file.
    """

    def __init__(
        self,
        means: Means,
        client: httpx2.Client,
        files: PartFiles,
        file: HubFile,
        index: int,
        status: Status,
        cancel: CancelToken,
        *,
        claim_room: Callable[[int], None],
        watch_room: Callable[[int], None],
        on_identity: Callable[[Identity], None],
    ) -> None:
        self._means = means
        self._client = client
        self._files = files
        self._file = file
        self._index = index
        self._name = file.paths[index].rpartition("/")[2]
        self._status = status
        self._cancel = cancel
        self._claim_room = claim_room
        self._watch_room = watch_room
        self._on_identity = on_identity
        self._before_bytes = status.done_bytes
        self._watched_at = 0.0

    def run(self) -> None:
        """Return when the file is whole, checked and on the disk.

        Errors: :class:`SatchelError`, Cancelled, OSError, :class:`TryLater` when patience is over.
        """
        changes = 0
        while True:
            self._status.state = "checking"
            self._status.done_bytes = self._before_bytes + self._files.there_bytes()
            address = self._locate()
            self._on_identity(address.identity)
            facts = self._begin(address.identity)
            try:
                digest = self._fetch(address, facts)
            except AnotherFile:
                changes += 1
                if changes > _MOST_CHANGES:
                    raise ModelError(
                        f"{self._name} cannot be downloaded now.",
                        "It is changed on the hub again and again.",
                        "Try again later.",
                    ) from None
                self._status.remark(CHANGED)
                self._files.discard()
                continue
            if self._right(address.identity, digest):
                self._files.keep(replace(facts, verified=True))
                return
            self._refuse(facts)

    def _locate(self) -> Address:
        patience = Patience(self._means.timing)
        while not patience.over:
            self._cancel.check()
            wait_s = patience.wait_s
            self._status.waiting = self._waiting(patience)
            if self._means.network.offline:
                patience.forgive()
                wait_s = _TICK_S
            if wait_s:
                self._cancel.wait(min(_TICK_S, wait_s))
                continue
            try:
                address = apart(lambda: Address(self._means.source, self._file, self._index), self._cancel.check)
            except SatchelError as error:
                patience.failed(passing(error))
                continue
            self._status.waiting = ""
            return address
        raise TryLater(patience.why)

    def _begin(self, identity: Identity) -> Facts:
        if identity.size <= 0:
            raise ModelError(
                f"{self._name} was not downloaded.", "The hub does not say how large it is.", "Choose another file."
            )
        if identity.size > LARGEST_BYTES:
            raise ModelError(
                f"{self._name} was not downloaded.",
                f"The hub says that it has {size_text(identity.size)}, which no file of a model has.",
                "Choose another file.",
            )
        kept = self._files.facts()
        refused = 0
        if kept is not None:
            refused = kept.refused if kept.refused < _MOST_REFUSED else 0
            if not kept.identity.same_content(identity):
                if self._files.bytes_file.exists():
                    self._status.remark(CHANGED)
                self._files.discard()
                refused = 0
        return Facts(identity, kept.boot if kept is not None else boot_mark(), refused)

    def _fetch(self, address: Address, facts: Facts) -> str:
        file = PartialFile(self._files, facts.identity.size, same_boot=facts.boot == boot_mark())
        try:
            self._files.keep(replace(facts, boot=boot_mark()))
            self._claim_room(file.size - file.done_bytes)
            self._status.state = "downloading"
            digest, on_disk = PrefixHash(file), DiskSync(file, self._means.timing.sync_every_s)
            lanes = Lanes(self._means.network, self._client, address, file, self._means.timing)
            lanes.run(lambda: self._tick(file, lanes, digest))
            self._tick(file, lanes, digest)
            self._status.state = "verifying"
            while (found := digest.result(_TICK_S)) is None or not on_disk.done(_TICK_S):
                self._cancel.check()
                self._note_checked(digest)
            self._note_checked(digest)
            return found
        finally:
            file.close()

    def _tick(self, file: PartialFile, lanes: Lanes, digest: PrefixHash) -> None:
        self._cancel.check()
        self._status.done_bytes = self._before_bytes + file.done_bytes
        self._note_checked(digest)
        self._status.waiting = self._waiting(lanes.patience)
        if lanes.whole:
            self._status.remark(NO_RANGES)
        if time.monotonic() - self._watched_at > 1.0:
            self._watched_at = time.monotonic()
            self._watch_room(file.size - file.done_bytes)

    def _note_checked(self, digest: PrefixHash) -> None:
        self._status.checked_bytes = self._before_bytes + digest.hashed_bytes

    def _waiting(self, patience: Patience) -> str:
        if self._means.network.offline:
            return OFFLINE
        if not patience.wait_s or not patience.why:
            return ""
        return f"{patience.why} Trying again in {math.ceil(patience.wait_s)} s."

    def _right(self, identity: Identity, digest: str) -> bool:
        if identity.sha256:
            return digest == identity.sha256
        self._status.remark(NO_HASH)
        try:
            check_without_hash(self._files.bytes_file, self._name)
        except ModelError as error:
            log.warning("%s", error)
            return False
        return True

    def _refuse(self, facts: Facts) -> None:
        log.warning("%s of %s arrived damaged", self._name, self._file.repo_id)
        facts = replace(facts, refused=facts.refused + 1)
        self._files.keep(facts)
        self._files.discard()
        self._status.done_bytes = self._status.checked_bytes = self._before_bytes
        if facts.refused < _MOST_REFUSED:
            self._status.remark(REFETCHED)
            return
        why = (
            "It was fetched twice, and both times its SHA-256 was not the one that the hub gives"
            if facts.identity.sha256
            else "It was fetched twice, and both times it was no whole GGUF file"
        )
        raise ModelError(
            f"{self._name} was not accepted.",
            f"{why}: it is damaged on the server or on its way.",
            "Nothing of it was kept. Retry later, or from another network.",
        )
