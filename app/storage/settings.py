"""What the person chose, in a TOML file that they can read and edit.

``Settings`` is the value, ``SettingsFile`` keeps it on the disk. A file edited by hand is met with patience: keys that
are not known here and comments stay where they are, a value that makes no sense becomes the default and is said in
``problems``, and a file that is no TOML at all is kept aside.

Rules of a field lie in its metadata: ``choices``, or ``low`` and ``high`` (both allowed).
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

import tomlkit
from tomlkit.exceptions import TOMLKitError

from app.core.errors import StorageError
from app.core.files import atomic_write
from app.inference.protocol import LoadSettings, Sampling
from app.models.kv_type import KV_TYPES, KvType

log = logging.getLogger(__name__)

Theme = Literal["system", "light", "dark"]


@dataclass(frozen=True)
class Appearance:
    """How the window looks."""

    theme: Theme = field(default="system", metadata={"choices": get_args(Theme)})
    text_scale: float = field(default=1.0, metadata={"low": 0.9, "high": 1.5})
    """Size of all text in the window; 1.0: as it was drawn."""


@dataclass(frozen=True)
class ChatChoices:
    """How conversations behave."""

    send_on_enter: bool = True
    """False: Ctrl+Enter sends, Enter makes a new line."""
    max_reply_tokens: int = field(default=1024, metadata={"low": 16, "high": 32768})
    instructions: str = ""
    """The person's own system prompt; empty: Satchel's."""


@dataclass(frozen=True)
class ModelChoices:
    """How a chat model is loaded unless it is told otherwise. ``context`` in tokens; ``threads`` 0: measured here."""

    context: int = field(default=4096, metadata={"low": 256, "high": 1_048_576})
    kv_type: KvType = field(default="f16", metadata={"choices": KV_TYPES})
    gpu_layers: int = field(default=-1, metadata={"low": -1, "high": 10_000})
    threads: int = field(default=0, metadata={"low": 0, "high": 1024})

    def load_settings(self) -> LoadSettings:
        """As the inference worker takes them."""
        return LoadSettings(self.context, self.kv_type, self.gpu_layers, self.threads)


@dataclass(frozen=True)
class SamplingChoices:
    """How the next token is drawn in chat. ``temperature`` 0: always the likeliest."""

    temperature: float = field(default=0.7, metadata={"low": 0.0, "high": 5.0})
    top_k: int = field(default=40, metadata={"low": 0, "high": 1_000_000})
    top_p: float = field(default=0.95, metadata={"low": 0.0, "high": 1.0})
    min_p: float = field(default=0.05, metadata={"low": 0.0, "high": 1.0})
    repeat_penalty: float = field(default=1.05, metadata={"low": 0.1, "high": 5.0})

    def sampling(self) -> Sampling:
        """As the inference worker takes it."""
        return Sampling(self.temperature, self.top_k, self.top_p, self.min_p, self.repeat_penalty)


@dataclass(frozen=True)
class DocumentChoices:
    """How the documents answer."""

    passages: int = field(default=6, metadata={"low": 1, "high": 20})
    """Passages found per question."""
    quotes: int = field(default=3, metadata={"low": 1, "high": 10})
    """Sentences quoted from them before the model speaks."""
    temperature: float = field(default=0.2, metadata={"low": 0.0, "high": 5.0})
    """Of the model when it answers from documents: low, so that it stays with the text."""
    max_reply_tokens: int = field(default=256, metadata={"low": 16, "high": 32768})


@dataclass(frozen=True)
class NetworkChoices:
    """What may be requested, from where, and how."""

    offline: bool = False
    """True: nothing is requested at all."""
    proxy: str = ""
    """Its URL; empty: as the environment says."""
    endpoint: str = ""
    """Of a mirror of the hub; empty: the hub itself."""
    token_endpoint_approved: str = ""
    """The mirror that the person allowed to see their access token."""
    downloads_parallel: int = field(default=1, metadata={"low": 1, "high": 4})
    """Models downloaded at the same time."""


@dataclass(frozen=True)
class Settings:
    """All that the person chose; each attribute is a table of the file."""

    appearance: Appearance = Appearance()
    chat: ChatChoices = ChatChoices()
    model: ModelChoices = ModelChoices()
    sampling: SamplingChoices = SamplingChoices()
    documents: DocumentChoices = DocumentChoices()
    network: NetworkChoices = NetworkChoices()


class SettingsFile:
    """The settings as they are now, and the file they come from. Safe from any thread.

    ``problems`` has a sentence for each thing in the file that could not be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.problems: tuple[str, ...] = ()
        self._document = tomlkit.document()
        self._current = Settings()
        self.reload()

    @property
    def current(self) -> Settings:
        """The settings now."""
        return self._current

    def reload(self) -> Settings:
        """Read the file again; a missing one gives the defaults. Errors: StorageError if it cannot be read."""
        with self._lock:
            self._document, problems = self._read()
            self._current = _settings(self._document, problems)
            self.problems = tuple(problems)
            return self._current

    def save(self, settings: Settings) -> None:
        """Make these the settings. Only what differs is written, so comments and order stay.

        Errors: StorageError when the disk does not take it; the settings then still hold until the end.
        """
        with self._lock:
            _merge(self._document, self._current, settings)
            self._current = settings
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with atomic_write(self._path) as file:
                    file.write(tomlkit.dumps(self._document).encode())
            except OSError as error:
                raise StorageError(
                    "The settings could not be saved.",
                    f"{self._path}: {error.strerror or error}.",
                    "They hold until Satchel is closed. See to the disk, then change them again.",
                ) from error

    def _read(self) -> tuple[tomlkit.TOMLDocument, list[str]]:
        try:
            return tomlkit.parse(self._path.read_text(encoding="utf-8")), []
        except FileNotFoundError:
            return tomlkit.document(), []
        except (TOMLKitError, UnicodeDecodeError) as error:
            aside = _free_name(self._path.with_name(self._path.name + ".damaged"))
            try:
                self._path.replace(aside)
            except OSError as failure:
                log.warning("the damaged settings file could not be kept aside: %s", failure)
                aside = self._path
            return tomlkit.document(), [
                f"The settings file could not be understood ({error}). It is kept as {aside}; the defaults are used."
            ]
        except OSError as error:
            raise StorageError(
                "The settings could not be read.",
                f"{self._path}: {error.strerror or error}.",
                "See to the file's permissions, or move it away to start with the defaults.",
            ) from error


def _free_name(wanted: Path) -> Path:
    name, number = wanted, 1
    while name.exists():
        number += 1
        name = wanted.with_name(f"{wanted.name}-{number}")
    return name


def _settings(document: tomlkit.TOMLDocument, problems: list[str]) -> Settings:
    found: dict[str, Any] = {}
    for table in fields(Settings):
        raw = document.get(table.name)
        if raw is None:
            continue
        if not isinstance(raw, dict):
            problems.append(f"“{table.name}” in the settings must be a table; its defaults are used.")
            continue
        found[table.name] = _table(table.name, table.default, raw, problems)
    return Settings(**found)


def _table(name: str, defaults: Any, raw: dict[str, Any], problems: list[str]) -> Any:
    assert is_dataclass(defaults) and not isinstance(defaults, type)
    types = get_type_hints(type(defaults))
    values: dict[str, Any] = {}
    for rule in fields(defaults):
        if rule.name not in raw:
            continue
        value = getattr(raw[rule.name], "unwrap", lambda key=rule.name: raw[key])()
        default = getattr(defaults, rule.name)
        wanted = types[rule.name]
        if wanted is float and type(value) is int:
            value = float(value)
        if complaint := _complaint(value, type(default), rule.metadata):
            problems.append(f"{name}.{rule.name} = {value!r} in the settings {complaint}; {default!r} is used.")
        else:
            values[rule.name] = value
    return replace(defaults, **values)


def _complaint(value: Any, wanted: type, rules: Any) -> str:
    if type(value) is not wanted:
        words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text in quotes"}
        return f"must be {words[wanted]}"
    if "choices" in rules and value not in rules["choices"]:
        return f"must be one of {', '.join(rules['choices'])}"
    if "low" in rules and not rules["low"] <= value <= rules["high"]:  # also refuses nan
        return f"must be from {rules['low']} to {rules['high']}"
    return ""


def _merge(document: tomlkit.TOMLDocument, old: Settings, new: Settings) -> None:
    for table in fields(Settings):
        before, after = getattr(old, table.name), getattr(new, table.name)
        for entry in fields(after):
            value = getattr(after, entry.name)
            if value == getattr(before, entry.name):
                continue
            if not isinstance(document.get(table.name), dict):
                document[table.name] = tomlkit.table()
            document[table.name][entry.name] = value
