"""Plans with the real probe, the real machine, and a real load beside them."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from app.core.paths import Home
from app.services.compose import Services
from tests.helpers import gguf_files
from tests.helpers.hub_server import HubServer


def test_a_plan_of_the_starter_model_is_laid_out_by_llama_cpp_and_the_same_each_time(home: Home) -> None:
    services = Services.open(home)
    try:
        (model,) = [each for each in services.models.models() if each.summary.kind == "chat"][:1]
        plan = services.planner.plan(model.id)
        assert plan.measured_by_llama
        assert plan.choice is not None
        assert plan.choice.n_ctx == model.summary.n_ctx_train
        assert plan.tokens_per_s is not None
        again = [services.planner.plan(model.id).choice for _ in range(20)]
        assert {(each.n_ctx, each.kv_type, each.n_gpu_layers) for each in again if each is not None} == {
            (plan.choice.n_ctx, plan.choice.kv_type, plan.choice.n_gpu_layers)
        }
        verdict = services.models.verdicts.of(model.id, plan.choice.n_ctx, plan.choice.kv_type, measure=True)
        assert verdict.measured_by_llama
        assert plan.choice.total_bytes == verdict.total_bytes
    finally:
        services.close()


def test_a_quantization_that_does_not_exist_yet(home: Home, chat_model: Path) -> None:
    services = Services.open(home)
    try:
        whole = services.planner.plan(chat_model)
        both = services.planner.plan(chat_model, quantizations=("Q4_K_M",))
        assert whole.choice is not None
        assert both.choice is not None
        # There is room for the better one; the plan says why not the other.
        assert both.choice.candidate == whole.choice.candidate
        assert both.reasons[0] == "Q8_0 is the most exact one there is."
    finally:
        services.close()


def test_the_best_file_of_a_repository_before_a_byte_of_its_weights_is_here(home: Home, tmp_path: Path) -> None:
    """Through the real hub library, a hub on loopback, and llama.cpp's layout of the chosen file's header."""
    shape = {"n_layers": 8, "n_embd": 1024, "n_ff": 2816, "n_heads": 16, "n_heads_kv": 4, "n_vocab": 4096}
    files = {
        f"m-{name}.gguf": gguf_files.llama(tmp_path / f"{name}.gguf", kind=kind, **shape)  # type: ignore[arg-type]
        for name, kind in (("F16", "F16"), ("Q8_0", "Q8_0"), ("Q4_0", "Q4_0"))
    }
    with HubServer() as server:
        server.add("ada/m-GGUF", files)
        services = Services.open(home)
        try:
            current = services.settings.current
            services.settings.save(replace(current, network=replace(current.network, endpoint=server.url)))
            plan = services.planner.plan(services.hub.details("ada/m-GGUF"), 4096)
            assert plan.choice is not None
            assert plan.choice.candidate.key == "m-Q8_0.gguf"
            assert plan.measured_by_llama
            whole = sum(path.stat().st_size for path in files.values())
            assert sum(connection.received_bytes for connection in services.connections.list()) < whole / 20
        finally:
            services.close()


def test_memory_is_watched_while_a_model_is_loaded(home: Home) -> None:
    services = Services.open(home)
    try:
        assert watchers() == []
        services.models.loaded.ensure()
        (watcher,) = watchers()
        services.models.loaded.unload()
        watcher.join(timeout=30)
        assert watchers() == []
    finally:
        services.close()


def watchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "memory watch"]
