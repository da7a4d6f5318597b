"""What sizes alone tell, and which file is advised."""

from __future__ import annotations

import pytest

from app.models.hub.estimate import advise, estimated_fit, memory_bytes, smallest_file_bytes
from app.models.hub.values import HubFile
from app.models.model import Fit

GB = 1_000_000_000
BITS = {"Q2_K": 3.2, "Q4_K_M": 4.9, "Q5_K_M": 5.7, "Q8_0": 8.5, "F16": 16.0}


def _files(parameters: float, *types: str) -> list[HubFile]:
    sizes = {name: int(parameters * BITS[name] / 8) for name in types or BITS}
    return [HubFile("a/b", "c", f"{name}.gguf", (name,), (size,), ("",), name) for name, size in sizes.items()]


@pytest.mark.parametrize(("room", "fit"), [(8 * GB, "fits"), (int(4.7 * GB), "tight"), (4 * GB, "does_not_fit")])
def test_a_size_is_judged_with_what_comes_on_top(room: int, fit: Fit) -> None:
    assert memory_bytes(4 * GB) == int(4.5 * GB)
    assert estimated_fit(4 * GB, room) == fit


def test_a_small_model_is_advised_as_exact_as_is_of_use() -> None:
    advice = advise(_files(1.7 * GB), int(1.7 * GB), 14 * GB)
    assert advice is not None
    assert advice.file.quantization == "Q8_0"


def test_a_larger_one_is_advised_at_a_size_that_is_quick_enough() -> None:
    advice = advise(_files(8 * GB), 8 * GB, 30 * GB)
    assert advice is not None
    assert advice.file.quantization == "Q4_K_M"
    assert any("slower" in reason for reason in advice.reasons)


def test_where_little_is_free_the_most_exact_that_fits_is_advised_and_its_weakness_said() -> None:
    advice = advise(_files(8 * GB), 8 * GB, 4 * GB)
    assert advice is not None
    assert advice.file.quantization == "Q2_K"
    assert "weak" in advice.reasons[0]


def test_only_unquantized_files_are_advised_where_there_are_no_others() -> None:
    advice = advise(_files(1 * GB, "F16"), GB, 14 * GB)
    assert advice is not None
    assert advice.file.quantization == "F16"


def test_nothing_is_advised_where_nothing_fits() -> None:
    assert advise(_files(70 * GB), 70 * GB, 14 * GB) is None
    assert advise([], GB, 14 * GB) is None


def test_projectors_and_adapters_are_never_advised() -> None:
    projector = HubFile("a/b", "c", "mmproj.gguf", ("mmproj.gguf",), (GB,), ("",), "F16", "projector")
    assert advise([projector], GB, 14 * GB) is None


def test_the_smallest_good_file_is_about_half_a_byte_per_parameter() -> None:
    assert smallest_file_bytes(8 * GB) == int(4.5 * GB)
