from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.models.kv_type import KvType
from app.models.plan import ALL_LAYERS, Candidate, LayoutFunction, Plan, Room, Wishes
from app.models.planner import MOST_CONTEXT, READING_SPEED, USUAL_CONTEXT, Search, speeds
from app.models.planning import make_plan
from app.models.quality import CLASSES, kv_loss, quality_class, quality_loss
from app.models.sizing import HOST, Layout
from tests.helpers.plans import GB, LLAMA_8B, LLAMA_70B, MB, room

ONE_GPU = (("CUDA0", 1.0),)


def chosen(plan: Plan) -> tuple[str, int, str, int]:
    assert plan.choice is not None
    choice = plan.choice
    return choice.candidate.name, choice.n_ctx, choice.kv_type, choice.n_gpu_layers


def test_a_laptop_with_5_gb_free_of_8() -> None:
    plan = make_plan(LLAMA_8B.candidates(), room(int(5.9 * GB)), LLAMA_8B.layout(), Wishes(8192))
    # A smaller context at good quality comes before a worse quantization.
    assert chosen(plan) == ("Q4_K_M", 4608, "q8_0", 0)
    assert plan.reasons == (
        "Q4_K_M is the most exact one that fits: Q5_K_M would take 6.2 GB of memory, of which 5.4 GB may be used.",
        "The context is 4,608 tokens instead of 8,192: at 8,192 tokens it would take 5.6 GB of memory, of which 5.4 GB "
        "may be used.",
        "The KV cache is quantized to Q8_0, which is hardly noticed: at F16 it would take 5.7 GB of memory, of which "
        "5.4 GB may be used.",
        "All layers run on the processor: there is no GPU that this llama.cpp can use.",
        "At least 512 MB are always left to the system and other programs.",
    )
    assert plan.changes == ("For a context of 8,192 tokens, 247 MB of memory more would have to be free.",)


def test_plenty_of_memory_takes_the_most_exact_and_a_context_no_larger_than_is_useful() -> None:
    plan = make_plan(LLAMA_8B.candidates("Q8_0", "Q4_K_M"), room(64 * GB), LLAMA_8B.layout())
    assert chosen(plan) == ("Q8_0", MOST_CONTEXT, "f16", 0)
    assert plan.reasons[0] == "Q8_0 is the most exact one there is."
    assert plan.changes == ()
    assert plan.tokens_per_s is None


def test_16_bits_are_left_out_where_there_are_8() -> None:
    plan = make_plan(LLAMA_8B.candidates("F16", "Q8_0"), room(64 * GB), LLAMA_8B.layout())
    assert chosen(plan)[0] == "Q8_0"
    assert plan.reasons[0] == (
        "Q8_0 answers like the original: F16 is much larger, for a difference that nobody notices."
    )
    assert chosen(make_plan(LLAMA_8B.candidates("F16", "Q6_K"), room(64 * GB), LLAMA_8B.layout()))[0] == "F16"


def test_what_is_asked_for_is_given_and_not_more() -> None:
    plan = make_plan(LLAMA_8B.candidates("Q4_K_M"), room(64 * GB), LLAMA_8B.layout(), Wishes(3000))
    assert chosen(plan) == ("Q4_K_M", 3000, "f16", 0)
    assert plan.reasons[1] == "The context has the 3,000 tokens that were asked for."


def test_never_more_context_than_the_model_was_made_for() -> None:
    small = replace(LLAMA_8B, n_ctx_train=4096)
    plan = make_plan(small.candidates("Q4_K_M"), room(64 * GB), small.layout(), Wishes(50_000))
    assert chosen(plan)[1] == 4096
    assert plan.reasons[1] == "The context of 4,096 tokens is all that the model was made for."


def test_a_gpu_of_8_gb_takes_the_model_whole_rather_than_a_larger_one_in_part() -> None:
    plan = make_plan(
        LLAMA_8B.candidates(), room(16 * GB, int(7.6 * GB)), LLAMA_8B.layout(ONE_GPU), Wishes(USUAL_CONTEXT)
    )
    assert chosen(plan) == ("Q5_K_M", 8192, "f16", ALL_LAYERS)
    assert plan.choice is not None
    assert [(use.label, use.free_bytes) for use in plan.choice.devices] == [("memory", 16 * GB), ("GPU 0", 7.6 * GB)]
    assert plan.reasons[0] == (
        "Q5_K_M is the most exact one that fits: Q6_K would take 7.7 GB of GPU 0, of which 7.1 GB may be used."
    )
    assert plan.reasons[3] == "All 32 layers run on GPU 0."


def test_a_model_too_large_for_the_gpu_is_shared_with_the_processor() -> None:
    plan = make_plan(LLAMA_8B.candidates("Q8_0"), room(16 * GB, 6 * GB), LLAMA_8B.layout(ONE_GPU), Wishes(4096))
    assert plan.choice is not None
    layers = plan.choice.n_gpu_layers
    assert 0 < layers < 33
    assert plan.reasons[3] == f"{layers} of 33 layers run on GPU 0, the other {33 - layers} on the processor."
    one_more = LLAMA_8B.layout(ONE_GPU)(plan.choice.candidate, 4096, "f16", layers + 1)
    assert one_more.on("CUDA0").total_bytes > 6 * GB - 512 * MB


def test_two_gpus_of_unequal_size() -> None:
    layout = LLAMA_70B.layout((("CUDA0", 2 / 3), ("CUDA1", 1 / 3)))
    plan = make_plan(LLAMA_70B.candidates(), room(64 * GB, 48 * GB, 24 * GB), layout, Wishes(8192))
    assert chosen(plan) == ("Q6_K", 8192, "f16", ALL_LAYERS)
    assert plan.reasons[3] == "All 80 layers run on 2 GPUs."


def test_one_small_gpu_that_takes_nothing_leaves_all_to_the_processor() -> None:
    plan = make_plan(LLAMA_8B.candidates("Q4_K_M"), room(16 * GB, 400 * MB), LLAMA_8B.layout(()), Wishes(4096))
    assert plan.choice is not None
    assert plan.choice.devices[0].used_bytes > 4 * GB


def test_unified_memory_is_counted_once() -> None:
    shared = room(8 * GB, int(5.5 * GB), unified=True)
    plan = make_plan(LLAMA_8B.candidates(), shared, LLAMA_8B.layout(ONE_GPU), Wishes(8192, least_context=8192))
    assert plan.choice is not None
    assert 0 < plan.choice.n_gpu_layers < 33
    assert [use.device for use in plan.choice.devices] == [HOST]
    # The GPU's own limit within main memory holds, too.
    laid_out = LLAMA_8B.layout(ONE_GPU)(plan.choice.candidate, plan.choice.n_ctx, "q8_0", plan.choice.n_gpu_layers)
    assert laid_out.on("CUDA0").total_bytes <= 5.5 * GB - 512 * MB
    assert plan.choice.devices[0].used_bytes <= 8 * GB - 512 * MB


def test_what_shares_main_memory_is_read_as_fast_as_that_unless_its_own_speed_is_known() -> None:
    def gpu_speed(known: float, unified: bool) -> float:
        there = room(8 * GB, 8 * GB, memory_bytes_per_s=50e9)
        return speeds(replace(there, gpus=(replace(there.gpus[0], bytes_per_s=known, unified=unified),))).gpus["CUDA0"]

    assert (gpu_speed(0.0, unified=True), gpu_speed(120e9, unified=True)) == (50e9, 120e9)
    assert (gpu_speed(0.0, unified=False), gpu_speed(400e9, unified=False)) == (0.0, 400e9), "0: not known"


def test_a_container_of_2_gb_gets_a_small_model() -> None:
    tiny = replace(LLAMA_8B, billions=1.2, layers=16, kv_elements=1024)
    plan = make_plan(tiny.candidates(), room(2 * GB), tiny.layout(), Wishes(4096))
    assert chosen(plan) == ("Q6_K", 4096, "f16", 0)


def test_a_slow_memory_prefers_what_one_can_read_along_with() -> None:
    plan = make_plan(
        LLAMA_8B.candidates("Q8_0", "Q6_K", "Q4_K_M"),
        room(32 * GB, memory_bytes_per_s=100e9),
        LLAMA_8B.layout(),
        Wishes(4096),
    )
    assert chosen(plan)[0] == "Q6_K"
    assert plan.tokens_per_s is not None
    assert plan.tokens_per_s >= READING_SPEED
    assert plan.reasons[0] == ("Q6_K is faster than Q8_0, which would fit, but only write about 7 tokens a second.")


def test_when_all_are_slow_the_fastest_good_one() -> None:
    plan = make_plan(LLAMA_8B.candidates(), room(64 * GB, memory_bytes_per_s=10e9), LLAMA_8B.layout(), Wishes(4096))
    assert chosen(plan)[0] == "Q4_K_M"


def test_what_was_measured_here_counts_in_the_choice_and_in_its_words() -> None:
    machine = room(64 * GB, memory_bytes_per_s=10e9)
    slow = make_plan(LLAMA_8B.candidates(), machine, LLAMA_8B.layout(), Wishes(4096))
    assert slow.reasons[0] == "Q4_K_M is a little faster than Q5_K_M, which would fit; both write slowly here."
    quick = make_plan(LLAMA_8B.candidates(), machine, LLAMA_8B.layout(), Wishes(4096), speed_ratio=lambda _: 20.0)
    assert chosen(quick)[0] == "Q8_0"
    assert quick.tokens_per_s == pytest.approx(20 * 0.6 * 10e9 / (8.5e9 + 2048 * 131_072), rel=0.05)


def test_experts_that_rest_cost_memory_and_no_time() -> None:
    rested = make_plan(
        LLAMA_8B.candidates("Q8_0", read_share=0.2),
        room(32 * GB, memory_bytes_per_s=100e9),
        LLAMA_8B.layout(),
        Wishes(4096),
        speed_ratio=lambda _: 0.5,
    )
    assert rested.tokens_per_s == pytest.approx(0.5 * 0.6 * 100e9 / (0.2 * 8.5e9 + 4096 * 2048 * 32))


def test_nothing_fits_and_what_would_help() -> None:
    plan = make_plan(LLAMA_8B.candidates("Q8_0", "Q4_K_M"), room(4 * GB), LLAMA_8B.layout(), Wishes(8192))
    assert not plan.fits
    assert plan.choice is None
    assert plan.missing_bytes == {HOST: 1_648_546_048}
    assert plan.changes == (
        "Choose a quantization of at most 3.2 bits per weight; Q4_K_M, the smallest here, has 4.9.",
        "Close other programs: 1.6 GB of memory more have to be free.",
    )


def test_nothing_fits_on_a_machine_that_is_too_small() -> None:
    plan = make_plan(LLAMA_70B.candidates("Q2_K"), room(4 * GB), LLAMA_70B.layout(), Wishes(8192))
    assert plan.changes[0].startswith("Choose a smaller model: at Q4_K_M, up to about 5.")
    assert plan.changes[1].startswith("It needs a machine with ")


def test_a_smaller_context_or_a_smaller_cache_when_only_that_lacks() -> None:
    wishes = Wishes(65_536, least_context=65_536, kv_types=("f16",))
    plan = make_plan(LLAMA_8B.candidates("Q4_K_M"), room(10 * GB), LLAMA_8B.layout(), wishes)
    assert plan.changes[0] == "Make do with a context of 33,280 tokens: then Q4_K_M fits."
    assert plan.changes[1] == "Quantize the KV cache to Q4_0: then Q4_K_M fits."


def test_llama_cpp_has_the_last_word() -> None:
    formulas = LLAMA_8B.layout()
    asked: list[tuple[str, int]] = []

    def exact(candidate: Candidate, n_ctx: int, kv_type: KvType, n_gpu_layers: int) -> Layout:
        asked.append((candidate.name, n_ctx))
        layout = formulas(candidate, n_ctx, kv_type, n_gpu_layers)
        return replace(layout, other_bytes=layout.other_bytes + GB)

    free = room(11 * GB)
    plan = make_plan(LLAMA_8B.candidates("Q8_0", "Q6_K"), free, formulas, Wishes(8192), exact=exact)
    assert plan.measured_by_llama
    assert len(asked) == 2
    assert plan.choice is not None
    assert plan.choice.total_bytes <= free.memory.room_bytes
    # The first word was Q8_0 with an exact cache.
    assert asked[0] == ("Q8_0", 8192)
    assert chosen(plan) == ("Q8_0", 8192, "q8_0", 0)


def test_formulas_that_say_too_much_do_not_refuse_what_llama_cpp_would_load() -> None:
    formulas = LLAMA_8B.layout()

    def exact(candidate: Candidate, n_ctx: int, kv_type: KvType, n_gpu_layers: int) -> Layout:
        return Layout.on_host(3 * GB, 100 * MB, 10 * MB, 10 * MB)

    plan = make_plan(LLAMA_8B.candidates("Q4_K_M"), room(4 * GB), formulas, exact=exact)
    assert plan.fits
    assert plan.measured_by_llama
    assert plan.choice is not None
    assert plan.choice.total_bytes == 3 * GB + 120 * MB


def test_where_llama_cpp_cannot_be_asked_the_formulas_stand() -> None:
    plan = make_plan(LLAMA_8B.candidates("Q4_K_M"), room(16 * GB), LLAMA_8B.layout(), exact=lambda *_: None)
    assert plan.fits
    assert not plan.measured_by_llama


def test_few_layouts_are_asked_for() -> None:
    calls = 0
    layout = LLAMA_8B.layout(ONE_GPU)

    def counted(candidate: Candidate, n_ctx: int, kv_type: KvType, n_gpu_layers: int) -> Layout:
        nonlocal calls
        calls += 1
        return layout(candidate, n_ctx, kv_type, n_gpu_layers)

    make_plan(LLAMA_8B.candidates(), room(16 * GB, 6 * GB), counted, Wishes(32_768))
    assert calls < 200


def test_nothing_to_choose_from() -> None:
    with pytest.raises(ValueError, match="nothing to choose from"):
        make_plan([], room(GB), LLAMA_8B.layout())


# -- properties -----------------------------------------------------------------------------------------------------

SIZES = st.integers(0, 80 * GB)
SHAPES = st.sampled_from([LLAMA_8B, LLAMA_70B, replace(LLAMA_8B, billions=0.5, layers=12, kv_elements=256)])
CONTEXTS = st.one_of(st.none(), st.integers(1, 200_000))
SPEEDS = st.sampled_from([0.0, 8e9, 50e9])


def rank(plan: Plan, machine: Room, n_ctx: int | None, speed_known: bool) -> tuple[float, ...]:
    """The order that the planner's docstring promises: smaller is better. Quality only where speed does not decide."""
    if plan.choice is None:
        return (1,)
    choice = plan.choice
    loss = quality_loss(choice.candidate.quantization, choice.candidate.bits_per_weight) + kv_loss(choice.kv_type)
    steps = Search([choice.candidate], machine, LLAMA_8B.layout(), Wishes(n_ctx), {}).contexts()
    step = sum(choice.n_ctx < each for each in steps)
    parts = bool(machine.gpus) and choice.n_gpu_layers != ALL_LAYERS
    return (0, CLASSES.index(quality_class(loss)), step, parts, 0.0 if speed_known else loss)


def layout_of(shape: object, gpus: int) -> LayoutFunction:
    shares = {0: (), 1: ONE_GPU, 2: (("CUDA0", 0.75), ("CUDA1", 0.25))}[gpus]
    return shape.layout(shares)  # type: ignore[attr-defined,no-any-return]


@settings(deadline=None, max_examples=150)
@given(SHAPES, SIZES, st.lists(SIZES, max_size=2), CONTEXTS, SPEEDS, st.booleans())
def test_a_plan_takes_no_more_than_is_free_less_the_reserve(
    shape: object, memory: int, gpus: list[int], n_ctx: int | None, speed: float, unified: bool
) -> None:
    machine = room(memory, *gpus, memory_bytes_per_s=speed, unified=unified)
    candidates = shape.candidates()  # type: ignore[attr-defined]
    plan = make_plan(candidates, machine, layout_of(shape, len(gpus)), Wishes(n_ctx))
    assert plan == make_plan(list(reversed(candidates)), machine, layout_of(shape, len(gpus)), Wishes(n_ctx))
    assert plan.fits == (plan.choice is not None)
    if plan.choice is None:
        assert plan.changes
        assert sum(plan.missing_bytes.values()) > 0
        return
    assert plan.choice.n_ctx <= 131_072
    for use in plan.choice.devices:
        assert use.used_bytes <= use.free_bytes - use.reserve_bytes


@settings(deadline=None, max_examples=150)
@given(SHAPES, SIZES, SIZES, st.one_of(st.none(), st.tuples(SIZES, SIZES)), CONTEXTS, SPEEDS)
def test_more_memory_never_gives_a_worse_plan(
    shape: object, memory: int, more: int, gpu: tuple[int, int] | None, n_ctx: int | None, speed: float
) -> None:
    layout = layout_of(shape, 0 if gpu is None else 1)
    candidates = shape.candidates()  # type: ignore[attr-defined]
    small = room(memory, *([] if gpu is None else [gpu[0]]), memory_bytes_per_s=speed)
    large = room(memory + more, *([] if gpu is None else [sum(gpu)]), memory_bytes_per_s=speed)
    before, after = (
        rank(make_plan(candidates, machine, layout, Wishes(n_ctx)), machine, n_ctx, speed > 0)
        for machine in (small, large)
    )
    assert after <= before
