"""From messages to prompt tokens, so that what a message contains can never act as the template's own marks.

Documents and people may well write "<|im_end|>" or "<start_of_turn>". Before rendering, such texts inside a message are
replaced by place-holders; afterwards the template's text is tokenized with control tokens and the messages' without.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

from app.chat.transcript import ChatMessage, Role
from app.core.errors import ModelError
from app.inference.template import CHATML, PLAIN, PLAIN_STOPS, ChatTemplate
from app.inference.tokens import Vocabulary

_SAMPLE = "word"


class PromptTokens:
    """Renders and tokenizes conversations for one model.

    ``template``: the one in the model file, or empty. Then ChatML is taken where the vocabulary has its marks, else
    plain "User:" and "Assistant:" lines, where a reply ends at ``stops``. Errors: :class:`ModelError` on a broken
    template.
    """

    def __init__(self, vocabulary: Vocabulary, template: str) -> None:
        self._vocabulary = vocabulary
        controls = sorted((text for text in vocabulary.control_texts() if text), key=len, reverse=True)
        self._controls = controls
        self._index = {text: number for number, text in enumerate(controls)}
        self._control = re.compile("|".join(map(re.escape, controls))) if controls else None
        nonce = secrets.token_hex(4)
        self._place_holder = f"\ue000{nonce}:{{}}\ue001"
        self._place_holders = re.compile(f"\ue000{nonce}:(\\d+)\ue001")
        self.stops: tuple[str, ...] = ()
        if not template:
            template = CHATML if {"<|im_start|>", "<|im_end|>"} <= set(controls) else PLAIN
            self.stops = PLAIN_STOPS if template is PLAIN else ()
        self._template = ChatTemplate(template, vocabulary.text(vocabulary.bos), vocabulary.text(vocabulary.eos))

    def tokens(self, messages: Sequence[ChatMessage], add_generation_prompt: bool = True) -> list[int]:
        """The prompt's tokens, BOS included where the model wants it. Errors: :class:`ModelError`."""
        text = self._template.render(
            [ChatMessage(each.role, self._guarded(each.content)) for each in messages], add_generation_prompt
        )
        tokens = self._tokenize(text)
        vocabulary = self._vocabulary
        if vocabulary.adds_bos and vocabulary.bos >= 0 and tokens[:1] != [vocabulary.bos]:
            tokens.insert(0, vocabulary.bos)
        return tokens

    def counts(self, messages: Sequence[ChatMessage]) -> tuple[list[int], int]:
        """Tokens of each message with its marks, and of the frame around them all (BOS, default system text, the
        opening of the reply). The sum is the whole prompt's length, but for tokens that join across a border."""
        roles: set[Role] = {"user", *(message.role for message in messages)}
        own = {role: self._overhead(role) for role in roles}
        sizes = [len(self._tokenize(self._guarded(each.content))) + own[each.role] for each in messages]
        question = [ChatMessage("user", _SAMPLE)]
        sample = len(self._vocabulary.tokenize(_SAMPLE, parse_special=False))
        if messages and messages[0].role == "system":
            # The template's default system text, if it has one, is not there then.
            question.insert(0, ChatMessage("system", _SAMPLE))
            return sizes, len(self.tokens(question)) - own["user"] - own["system"] - 2 * sample
        return sizes, len(self.tokens(question)) - own["user"] - sample

    def _overhead(self, role: Role) -> int:
        """What the template adds to one message of this role, in a conversation that it accepts."""
        user, assistant = ChatMessage("user", _SAMPLE), ChatMessage("assistant", _SAMPLE)
        # Templates treat the first and the last turn specially (default system text, thinking): measure in the middle.
        without = [user, assistant]
        with_one = {
            "user": [user, assistant, user],
            "assistant": [user, assistant, user, assistant],
            "system": [ChatMessage("system", _SAMPLE), user, assistant],
        }[role]
        if role == "assistant":
            without = [user, assistant, user]
        try:
            longer, shorter = (len(self.tokens(each, add_generation_prompt=False)) for each in (with_one, without))
        except ModelError:
            return 16  # an odd template; generous rather than too little
        return max(0, longer - shorter - len(self._vocabulary.tokenize(_SAMPLE, parse_special=False)))

    def _guarded(self, content: str) -> str:
        if self._control is None:
            return content
        return self._control.sub(lambda found: self._place_holder.format(self._index[found[0]]), content)

    def _tokenize(self, text: str) -> list[int]:
        tokens: list[int] = []
        # With one group in the pattern, split() alternates text and the group.
        for position, part in enumerate(self._place_holders.split(text)):
            literal = position % 2 == 1
            if literal:
                part = self._controls[int(part)]
            if part:
                tokens += self._vocabulary.tokenize(part, parse_special=not literal)
        return tokens
