"""What the window says of models that are not here yet."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from urllib.parse import urlsplit

from PySide6.QtCore import QCoreApplication

from app.models.hub.values import HubFile, HubModel, Purpose, Sort
from app.models.model import Fit
from app.ui.widgets.rows import Badge, Tone
from app.ui.widgets.words import counted, number, parameters

PURPOSE_ICONS: dict[Purpose, str] = {
    "general": "message-square",
    "code": "file-code",
    "reasoning": "brain",
    "multilingual": "book-open",
    "embedding": "file-search",
    "tiny": "zap",
}
_TONES: dict[Fit, Tone] = {"fits": "good", "tight": "warn", "does_not_fit": "bad"}
_BITS = re.compile(r"I?Q(\d)|(?:B?F)(16|32)", re.IGNORECASE)


def purpose_words(purpose: Purpose) -> str:
    """What a model is good for, in a word or two."""
    words: dict[Purpose, str] = {
        "general": _t("General"),
        "code": _t("Code"),
        "reasoning": _t("Reasoning"),
        "multilingual": _t("Many languages"),
        "embedding": _t("Finding passages"),
        "tiny": _t("Tiny"),
    }
    return words[purpose]


def sort_words() -> dict[Sort, str]:
    """The orders to choose from."""
    return {
        "downloads": _t("Most downloaded"),
        "likes": _t("Most liked"),
        "trending": _t("Trending"),
        "updated": _t("Newest"),
    }


def short_number(value: int) -> str:
    """ "912", "34 k", "1.2 M"."""
    if value < 1000:
        return number(value)
    if value < 999_500:
        return _t("{n} k").format(n=f"{value / 1000:.1f}" if value < 9_950 else round(value / 1000))
    return _t("{n} M").format(n=f"{value / 1e6:.1f}")


def ago(then: datetime, now: datetime | None = None) -> str:
    """ "today", "3 days ago", "2 years ago"."""
    days = max(0, ((now or datetime.now(UTC)) - then).days)
    if days == 0:
        return _t("today")
    if days < 60:
        return counted(_t("%Ln day(s) ago", days), days)
    if days < 730:
        months = days // 30
        return counted(_t("%Ln month(s) ago", months), months)
    years = days // 365
    return counted(_t("%Ln year(s) ago", years), years)


def one_line(model: HubModel) -> str:
    """ "1.7 B parameters · apache-2.0 · 1.2 M downloads · 340 likes · updated 3 days ago"; only what is known."""
    known = [
        _t("{n} parameters").format(n=parameters(model.parameters)) if model.parameters else "",
        model.license,
        counted(_t("{n} download(s)"), model.downloads).format(n=short_number(model.downloads)),
        counted(_t("{n} like(s)"), model.likes).format(n=short_number(model.likes)),
        _t("updated {when}").format(when=ago(model.updated_at)) if model.updated_at else "",
    ]
    return " · ".join(part for part in known if part)


def access_badges(model: HubModel) -> tuple[Badge, ...]:
    """Marks of a model that not everyone may download."""
    marks = []
    if model.private:
        marks.append(Badge(_t("Private")))
    if model.gated:
        marks.append(Badge(_t("Asks for consent"), "warn"))
    return tuple(marks)


def estimate_badge(fit: Fit) -> Badge:
    """The fit as far as a size alone tells: its words say that it is an estimate."""
    words: dict[Fit, str] = {
        "fits": _t("Should fit"),
        "tight": _t("May be tight"),
        "does_not_fit": _t("Too large"),
    }
    return Badge(words[fit], _TONES[fit])


def quantization_words(file: HubFile) -> str:
    """How exact a quantization is, in plain words."""
    found = _BITS.search(file.quantization)
    bits = int(found.group(1) or found.group(2)) if found else 0
    if not bits:
        return ""
    if bits >= 16:
        return _t("{n} bit: not quantized").format(n=bits)
    words = {
        8: _t("as good as the original"),
        6: _t("very close to the original"),
        5: _t("close to the original"),
        4: _t("a good balance"),
        3: _t("noticeably weaker"),
    }
    return _t("{n} bit: {words}").format(n=bits, words=words.get(bits, _t("a last resort")))


def file_title(file: HubFile, among: Collection[HubFile] = ()) -> str:
    """A file's quantization; its name where that does not say, or not which one of these it is."""
    alike = [other.name for other in among if other.quantization == file.quantization and other != file]
    if not alike and file.quantization:
        return file.quantization
    return file.paths[0].removesuffix(".gguf") if file.name in alike else file.name


def _t(text: str, n: int = -1) -> str:
    return QCoreApplication.translate("find", text, "", n)


def hub_name(endpoint: str) -> str:
    """How the hub of an endpoint setting is called: by its name, or a mirror by its host."""
    return urlsplit(endpoint.strip()).hostname or "Hugging Face"
