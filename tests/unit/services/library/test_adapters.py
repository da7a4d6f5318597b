"""LoRA adapters in the library, without loading them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import ModelError
from app.models.adapter import AttachedAdapter
from app.services.events import LibraryChanged
from tests.helpers import gguf_files
from tests.helpers.library import Bench
from tests.helpers.lora import write_lora


def test_an_adapter_is_attached_scaled_and_detached(bench: Bench, tmp_path: Path) -> None:
    base = gguf_files.llama(tmp_path / "base.gguf")
    model = bench.add(base)
    adapter = bench.library.adapters.attach(model.id, write_lora(tmp_path / "lora.gguf", base), 0.5)
    assert (adapter.summary.rank, adapter.summary.alpha, adapter.summary.n_tensors) == (4, 8.0, 1)
    assert bench.only().adapters == (AttachedAdapter(adapter, 0.5),)
    bench.library.adapters.set_scale(model.id, adapter.id, 1.5)
    (choice,) = bench.library.adapters.choices(model.id)
    assert (choice.scale, choice.mismatch) == (1.5, "")
    bench.library.adapters.detach(model.id, adapter.id)
    assert bench.only().adapters == ()
    with pytest.raises(ModelError, match="not used with this model any more"):
        bench.library.adapters.set_scale(model.id, adapter.id, 1.0)
    assert bench.library.adapters.all() == (adapter,), "it stays in the library"
    bench.library.adapters.attach(model.id, Path(adapter.path))
    bench.library.adapters.remove(adapter.id)
    assert (bench.only().adapters, bench.library.adapters.all()) == ((), ())
    assert Path(adapter.path).is_file()


def test_an_adapter_that_is_attached_again_keeps_its_scale(bench: Bench, tmp_path: Path) -> None:
    base = gguf_files.llama(tmp_path / "base.gguf")
    model, lora = bench.add(base), write_lora(tmp_path / "lora.gguf", base)
    bench.library.adapters.attach(model.id, lora)
    assert [used.scale for used in bench.only().adapters] == [1.0], "as it was trained, unless something else is said"
    bench.library.adapters.attach(model.id, lora, 0.5)
    bench.library.adapters.attach(model.id, lora)
    assert [used.scale for used in bench.only().adapters] == [0.5]


def test_an_adapter_of_another_model_is_refused_with_the_reason(bench: Bench, tmp_path: Path) -> None:
    small = bench.add(gguf_files.llama(tmp_path / "small.gguf"))
    large = gguf_files.llama(tmp_path / "large.gguf", n_embd=128, n_layers=4)
    lora = write_lora(tmp_path / "lora.gguf", large, ("blk.0.attn_q.weight",))
    with pytest.raises(ModelError) as caught:
        bench.library.adapters.attach(small.id, lora)
    assert caught.value.what == "Test adapter does not belong to Test Llama."
    assert caught.value.why == "Its tensor blk.0.attn_q.weight is made for 128 × 128 weights; this model's has 64 × 64."
    assert bench.library.adapters.all() == ()
    bench.library.adapters.add(lora)
    (choice,) = bench.library.adapters.choices(small.id)
    assert (choice.scale, choice.mismatch) == (None, caught.value.why)


def test_an_adapter_is_offered_to_the_models_that_it_belongs_to(bench: Bench, tmp_path: Path) -> None:
    base = gguf_files.llama(tmp_path / "base.gguf", general__name="Zeta")
    bench.add(base)
    bench.add(gguf_files.llama(tmp_path / "alike.gguf", kind="Q8_0", general__name="Alpha"))
    bench.add(gguf_files.llama(tmp_path / "large.gguf", n_embd=128, general__name="Other"))
    offer = bench.library.adapters.offer(write_lora(tmp_path / "lora.gguf", base))
    assert offer is not None
    assert [model.title for model in offer.bases] == ["Alpha", "Zeta"]
    offer = bench.library.adapters.offer(write_lora(tmp_path / "named.gguf", base, base_name="zeta"))
    assert offer is not None
    assert [model.title for model in offer.bases] == ["Zeta", "Alpha"], "the one that it names first"
    assert bench.library.adapters.offer(base) is None
    with pytest.raises(ModelError, match="activated LoRA"):
        bench.library.adapters.offer(write_lora(tmp_path / "alora.gguf", base, invocation_tokens=[1]))


def test_an_adapter_that_is_gone_is_said(bench: Bench, tmp_path: Path) -> None:
    base = gguf_files.llama(tmp_path / "base.gguf")
    model = bench.add(base)
    adapter = bench.library.adapters.attach(model.id, write_lora(tmp_path / "lora.gguf", base))
    Path(adapter.path).unlink()
    assert not bench.only().adapters[0].adapter.present
    assert "is not there any more" in bench.library.adapters.choices(model.id)[0].mismatch


@pytest.mark.parametrize("scale", [float("nan"), float("inf"), 11.0, -10.5])
def test_a_scale_that_makes_no_sense_is_refused(scale: float, bench: Bench, tmp_path: Path) -> None:
    base = gguf_files.llama(tmp_path / "base.gguf")
    model = bench.add(base)
    with pytest.raises(ModelError, match="cannot be used with the scale"):
        bench.library.adapters.attach(model.id, write_lora(tmp_path / "lora.gguf", base), scale)


def test_an_adapter_of_a_deleted_model_can_be_removed(bench: Bench, tmp_path: Path) -> None:
    base = gguf_files.llama(tmp_path / "base.gguf")
    model = bench.add_own(base)
    adapter = bench.library.adapters.attach(model.id, write_lora(tmp_path / "lora.gguf", base))
    bench.library.delete(model.id)
    bench.events.clear()
    bench.library.adapters.remove(adapter.id)
    assert bench.events == [LibraryChanged()]
    assert bench.library.undelete(model.id).adapters == ()
