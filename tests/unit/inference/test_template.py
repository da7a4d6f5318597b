import pytest

from app.chat.transcript import ChatMessage
from app.core.errors import ModelError
from app.inference.template import CHATML, PLAIN, ChatTemplate, TemplateRefusal

SYSTEM, QUESTION, ANSWER = ChatMessage("system", "Be kind."), ChatMessage("user", "Hi"), ChatMessage("assistant", "Yo")
GEMMA_LIKE = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] | trim }}\n{% endfor %}"
)


def test_chatml() -> None:
    assert ChatTemplate(CHATML).render([SYSTEM, QUESTION]) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )
    assert ChatTemplate(CHATML).render([QUESTION], add_generation_prompt=False).endswith("Hi<|im_end|>\n")


def test_plain_lines_for_a_model_without_a_template() -> None:
    text = ChatTemplate(PLAIN).render([SYSTEM, QUESTION, ANSWER, QUESTION])
    assert text == "Be kind.\n\nUser: Hi\n\nAssistant: Yo\n\nUser: Hi\n\nAssistant:"


def test_what_templates_expect_of_their_environment() -> None:
    source = (
        "{%- for message in messages -%}\n"
        "    {%- if loop.index > 1 %}{% break %}{% endif -%}\n"
        "    {{ message | tojson }}\n"
        "{% endfor %}\n"
        "{{ strftime_now('%Y')|length }}{{ bos_token }}{{ eos_token }}{% if tools %}tools{% endif %}"
    )
    rendered = ChatTemplate(source, "<s>", "</s>").render([ChatMessage("user", "<é>'"), ANSWER])
    assert rendered == '{"role": "user", "content": "<é>\'"}\n4<s></s>'


def test_a_refused_system_message_becomes_the_beginning_of_the_first_question() -> None:
    assert ChatTemplate(GEMMA_LIKE, "<bos>").render([SYSTEM, QUESTION]) == "<bos>[user] Be kind.\n\nHi\n"


def test_a_refusal_that_cannot_be_mended_says_the_templates_words() -> None:
    with pytest.raises(TemplateRefusal, match="System role not supported"):
        ChatTemplate(GEMMA_LIKE).render([SYSTEM])


@pytest.mark.parametrize(
    "source",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}"
        "{% endfor %}{% endfor %}{% endfor %}",
        "{% macro f() %}{% for a in range(99999) %}{% set x = a %}{% endfor %}{{ f() if false }}{% endmacro %}"
        "{% for i in range(99999) %}{{ f() }}{% endfor %}",
    ],
)
def test_a_template_that_does_not_end_is_stopped(source: str) -> None:
    template = ChatTemplate(source, deadline_s=0.2)
    with pytest.raises(ModelError, match="does not end"):
        template.render([QUESTION])


def test_a_template_that_did_not_end_is_not_run_again_for_each_count_of_the_same_question() -> None:
    now, written = 100.0, 0

    class Counted(str):
        def __str__(self) -> str:
            nonlocal written
            written += 1
            return ""

    source = "{{ messages[0].content }}{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    template = ChatTemplate(source, deadline_s=0.2, clock=lambda: now)
    question = ChatMessage("user", Counted("Hi"))
    for _ in range(3):
        with pytest.raises(ModelError, match="does not end"):
            template.render([question])
    assert written == 1
    now += 60  # a machine that stood still for a moment is no fault of the template's
    with pytest.raises(ModelError, match="does not end"):
        template.render([question])
    assert written == 2


@pytest.mark.parametrize("source", ["{% if %}", "{% for x in y %}", "{{ 'a' | nosuchfilter }}"])
def test_a_broken_template_says_so(source: str) -> None:
    with pytest.raises(ModelError, match="template is broken"):
        ChatTemplate(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ messages[0].nothing.at.all }}",
        "{{ 1 / 0 }}",
        "{{ 'x' * 10 ** 10 }}",
        "{{ 'x' * 100000000000 }}",
        "{{ [0] * 100000000000 }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.system('true') }}",
        "{% set _ = messages.append(1) %}",
        "{{ range(10000000) }}",
    ],
)
def test_a_template_that_fails_or_reaches_out_is_refused(source: str) -> None:
    with pytest.raises(ModelError, match="template failed"):
        ChatTemplate(source).render([QUESTION])
