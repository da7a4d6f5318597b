"""Chat templates: untrusted Jinja programs inside model files, rendered in a sandbox and with a deadline.

The environment is the one that templates are written for (transformers and llama.cpp): ``trim_blocks``,
``lstrip_blocks``, loop controls, ``raise_exception``, ``strftime_now`` and a ``tojson`` that keeps characters as they
are.
"""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from app.chat.transcript import ChatMessage
from app.core.errors import ModelError
from app.inference.deadline import DeadlineMissed, call_within

DEADLINE_S = 3.0
AGAIN_AFTER_S = 30.0
"""A template that missed its deadline is refused at once for so long: one question renders it several times."""
_LARGEST_PRODUCT = 1_000_000

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PLAIN = (
    "{% for message in messages %}"
    "{% if message.role != 'system' %}{{ message.role | capitalize }}: {% endif %}{{ message.content | trim }}\n\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}Assistant:{% endif %}"
)
PLAIN_STOPS = ("\nUser:", "\nAssistant:")
"""A base model goes on with the person's next line; the reply ends before it."""

_NEXT_STEP = "Choose another file of this model, or another model."


class TemplateRefusal(ModelError):
    """The template itself says no to these messages, with ``raise_exception``."""


class _Refused(jinja2.TemplateError):
    pass


class _Environment(ImmutableSandboxedEnvironment):
    # "x" * 10**10 or 9**9**9 would take all memory or hang in native code, where no deadline reaches.
    intercepted_binops = frozenset(["*", "**"])

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" or _product_size(left, right) > _LARGEST_PRODUCT:
            raise jinja2.TemplateError(f"{operator} is not allowed here with these values")
        return super().call_binop(context, operator, left, right)


class ChatTemplate:
    """One compiled template. Errors on a template that is not valid Jinja: :class:`ModelError`."""

    def __init__(
        self,
        source: str,
        bos: str = "",
        eos: str = "",
        deadline_s: float = DEADLINE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bos, self._eos, self._deadline_s, self._clock = bos, eos, deadline_s, clock
        self._refused_until = float("-inf")
        environment = _Environment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"], autoescape=False
        )
        environment.filters["tojson"] = _to_json
        environment.globals["raise_exception"] = _raise_exception
        environment.globals["strftime_now"] = _strftime_now
        try:
            self._template = call_within(deadline_s, lambda: environment.from_string(source))
        except DeadlineMissed:
            raise self._too_slow() from None
        except Exception as error:  # noqa: BLE001 - jinja2 lets bare Python errors through on odd sources
            raise ModelError(
                "The model's chat template is broken.", f"{_sentence(error)} It is part of the model file.", _NEXT_STEP
            ) from None

    def render(self, messages: Sequence[ChatMessage], add_generation_prompt: bool = True) -> str:
        """The prompt for ``messages``.

        A template that refuses a system message gets it as the beginning of the first user message instead.
        Errors: :class:`TemplateRefusal`; :class:`ModelError` when the template fails or does not end.
        """
        try:
            return self._render(messages, add_generation_prompt)
        except TemplateRefusal:
            merged = _without_system(messages)
            if merged is None:
                raise
            return self._render(merged, add_generation_prompt)

    def _render(self, messages: Sequence[ChatMessage], add_generation_prompt: bool) -> str:
        if self._clock() < self._refused_until:
            raise self._too_slow()
        values: dict[str, Any] = {
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "add_generation_prompt": add_generation_prompt,
            "bos_token": self._bos,
            "eos_token": self._eos,
            "tools": None,
            "documents": None,
        }
        try:
            return call_within(self._deadline_s, lambda: self._template.render(values))
        except DeadlineMissed:
            self._refused_until = self._clock() + AGAIN_AFTER_S
            raise self._too_slow() from None
        except _Refused as error:
            raise TemplateRefusal(
                "The model's chat template refuses this conversation.", _sentence(error), _NEXT_STEP
            ) from None
        except Exception as error:  # noqa: BLE001 - untrusted code: it may raise anything
            raise ModelError("The model's chat template failed.", _sentence(error), _NEXT_STEP) from None

    def _too_slow(self) -> ModelError:
        return ModelError(
            "The model's chat template does not end.",
            f"It was stopped after {self._deadline_s:g} seconds; it is part of the model file.",
            _NEXT_STEP,
        )


def _without_system(messages: Sequence[ChatMessage]) -> list[ChatMessage] | None:
    if len(messages) < 2 or messages[0].role != "system" or messages[1].role != "user":
        return None
    return [ChatMessage("user", f"{messages[0].content}\n\n{messages[1].content}"), *messages[2:]]


def _product_size(left: Any, right: Any) -> int:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, str | bytes | list | tuple) and isinstance(other, int):
            return len(one) * other
    return 0


def _sentence(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    line = getattr(error, "lineno", None)
    return f"It says: {text[:300].rstrip('.')}{f' (line {line})' if line else ''}."


def _raise_exception(message: str) -> NoReturn:
    raise _Refused(message)


def _strftime_now(format: str) -> str:
    return datetime.datetime.now().strftime(format)


def _to_json(value: Any, ensure_ascii: bool = False, indent: int | None = None, **options: Any) -> str:
    # Jinja's own escapes <, > and & for HTML, which corrupts prompts.
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **options)
