"""A model's vocabulary: text to tokens and back, by llama.cpp."""

from __future__ import annotations

import ctypes
from typing import Any

from app.core.errors import ModelError

_ATTRIBUTE_CONTROL = 1 << 3  # LLAMA_TOKEN_ATTR_CONTROL


class Vocabulary:
    """Reads one loaded model's vocabulary; valid as long as the model is. Not for several threads at once.

    Errors: :class:`ModelError` for a model without one, on which every other question would abort the process.
    """

    def __init__(self, llama: Any, model: Any) -> None:
        self._llama = llama
        self._vocab = llama.llama_model_get_vocab(model)
        if llama.llama_vocab_type(self._vocab) == llama.LLAMA_VOCAB_TYPE_NONE:
            raise ModelError(
                "This model cannot be used for chat.",
                "Its file has no vocabulary: it computes with numbers that stand for no text.",
                "Choose another file of this model.",
            )
        self._piece = ctypes.create_string_buffer(512)
        self.size: int = llama.llama_vocab_n_tokens(self._vocab)
        self.bos: int = llama.llama_vocab_bos(self._vocab)
        self.eos: int = llama.llama_vocab_eos(self._vocab)
        self.adds_bos: bool = llama.llama_vocab_get_add_bos(self._vocab)

    def tokenize(self, text: str, *, parse_special: bool) -> list[int]:
        """Tokens of ``text``. With ``parse_special``, the texts of control tokens become those tokens."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 2
        while True:
            tokens = (ctypes.c_int32 * room)()
            count = self._llama.llama_tokenize(self._vocab, data, len(data), tokens, room, False, parse_special)
            if count >= 0:
                return tokens[:count]
            room = -count

    def piece(self, token: int) -> bytes:
        """The bytes that a token stands for; empty for control tokens. May be part of a character."""
        size = self._llama.llama_token_to_piece(self._vocab, token, self._piece, len(self._piece), 0, False)
        if size < 0:
            self._piece = ctypes.create_string_buffer(-size)
            size = self._llama.llama_token_to_piece(self._vocab, token, self._piece, len(self._piece), 0, False)
        return ctypes.string_at(self._piece, size)

    def text(self, token: int) -> str:
        """A token as the vocabulary writes it ("<|im_end|>"); empty where there is no such token."""
        if not 0 <= token < self.size:
            return ""
        return str(self._llama.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace"))

    def is_end(self, token: int) -> bool:
        """Whether generation ends with this token."""
        return bool(self._llama.llama_vocab_is_eog(self._vocab, token))

    def control_texts(self) -> list[str]:
        """The texts of all control tokens. Looks at the whole vocabulary: about 0.1 s for 260,000 tokens."""
        attribute, vocab = self._llama.llama_vocab_get_attr, self._vocab
        return [self.text(token) for token in range(self.size) if attribute(vocab, token) & _ATTRIBUTE_CONTROL]
