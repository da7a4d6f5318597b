from dataclasses import replace

from app.hardware.gpus import NO_DRIVER
from app.hardware.machine import Accelerator, Gpu, Machine
from app.hardware.words import describe

GB = 10**9
LAPTOP = Machine("Ryzen 7", 8, 16, 8, 16 * GB, 9 * GB, (), NO_DRIVER, "Linux")
CARD = Gpu(0, "RTX 4070", 12 * GB, 11 * GB)
CUDA = Accelerator("CUDA0", "RTX 4070", "gpu", 12 * GB, 11 * GB)


def test_cores_and_memory() -> None:
    words = describe(LAPTOP, supports_gpu_offload=False)
    assert words == [
        "8 cores (16 threads): Ryzen 7.",
        "16.0 GB of memory, 9.0 GB of it free.",
        "Models run on the processor: no GPU was found.",
    ]


def test_one_core_and_a_limit() -> None:
    assert describe(replace(LAPTOP, physical_cores=1, logical_cores=1, usable_cores=1), False)[0] == "1 core: Ryzen 7."
    assert describe(replace(LAPTOP, usable_cores=2), False)[0].endswith("Satchel may use 2 of them here.")


def test_a_gpu_that_the_build_cannot_use_says_what_to_install() -> None:
    words = describe(replace(LAPTOP, gpus=(CARD,), gpu_problem=""), supports_gpu_offload=False)
    assert words[2] == "GPU 0: RTX 4070 with 12.0 GB of memory, 11.0 GB of it free."
    assert "built for the processor alone" in words[-1]
    assert "GGML_CUDA=on" in words[-1]
    assert "packaging/run.sh" in words[-1]


def test_a_gpu_in_use() -> None:
    words = describe(replace(LAPTOP, gpus=(CARD,)), True, ["CUDA0: RTX 4070", "CPU: Ryzen 7"], [CUDA])
    assert words[2:] == [
        "GPU 0: RTX 4070 with 12.0 GB of memory, 11.0 GB of it free.",
        "Models can run on the GPU: llama.cpp uses CUDA0: RTX 4070.",
    ]


def test_a_gpu_that_gets_no_part_is_named_with_the_reason() -> None:
    two = replace(LAPTOP, gpus=(CARD, Gpu(1, "GTX 1060", 6 * GB, 6 * GB)))
    assert describe(two, True, ["CUDA0: RTX 4070"], [CUDA])[-1] == (
        "GPU 1 (GTX 1060) stays unused: llama.cpp does not see it. Either CUDA_VISIBLE_DEVICES hides it, or it is too "
        "old for this llama.cpp."
    )
    radeon = Accelerator("Vulkan1", "AMD Radeon RX 7800 XT", "gpu", 16 * GB, 15 * GB)
    devices = ["Vulkan0: AMD Radeon Graphics", "Vulkan1: AMD Radeon RX 7800 XT", "CPU: Ryzen 7"]
    assert describe(LAPTOP, True, devices, [radeon])[-1] == (
        "Vulkan0: AMD Radeon Graphics stays unused: llama.cpp leaves integrated graphics out beside a graphics card."
    )
    both = ["CUDA0: RTX 4070", "Vulkan0: RTX 4070", "CPU: Ryzen 7"]
    assert "unused" not in " ".join(describe(replace(LAPTOP, gpus=(CARD,)), True, both, [CUDA]))


def test_cards_that_nothing_here_can_use_are_named_with_what_to_do() -> None:
    amd = describe(replace(LAPTOP, gpu_makers=("AMD",)), False)
    assert len(amd) == 3
    assert amd[-1].startswith("There is a GPU by AMD here, but this llama.cpp was built for the processor alone, ")
    assert amd[-1].endswith("start Satchel once with: CMAKE_ARGS=-DGGML_VULKAN=on sh packaging/run.sh")
    nvidia = describe(replace(LAPTOP, gpu_makers=("NVIDIA",)), False)
    assert nvidia[2] == NO_DRIVER
    assert nvidia[3].startswith("There is a GPU by NVIDIA here, but ")
    assert "install NVIDIA's driver and the CUDA toolkit" in nvidia[3]
    assert "GGML_CUDA=on" in nvidia[3]


def test_where_only_nvidias_driver_can_be_asked_no_more_is_claimed() -> None:
    assert describe(replace(LAPTOP, system="Windows 11 AMD64"), False)[-1] == (
        "Models run on the processor: no NVIDIA GPU was found, and this llama.cpp was built for the processor alone."
    )


def test_gpus_of_other_makers_are_named_as_llama_cpp_names_them() -> None:
    radeon = Accelerator("Vulkan0", "AMD Radeon RX 7800 XT", "gpu", 16 * GB, 15 * GB)
    iris = Accelerator("Vulkan1", "Intel Iris Xe", "integrated", 8 * GB, 8 * GB)
    words = describe(LAPTOP, True, ["Vulkan0: AMD Radeon RX 7800 XT"], [radeon, iris])
    assert words[2] == "Vulkan0: AMD Radeon RX 7800 XT can use 16.0 GB of memory, 15.0 GB of it free."
    assert words[3] == "Vulkan1: Intel Iris Xe, which uses main memory."


def test_a_gpu_without_memory_of_its_own() -> None:
    spark = Accelerator("CUDA0", "GB10", "gpu", 0, 0)
    words = describe(replace(LAPTOP, gpus=(Gpu(0, "GB10", 0, 0, unified=True),)), True, ["CUDA0: GB10"], [spark])
    assert words[2] == "GPU 0: GB10, which uses main memory."


def test_a_library_for_matrices_is_no_gpu() -> None:
    assert "finds none" in describe(LAPTOP, True, ["BLAS: Accelerate", "CPU: Apple M2"])[-1]


def test_a_build_for_a_gpu_that_is_not_there() -> None:
    assert "finds none" in describe(LAPTOP, True, ["CPU: Ryzen 7"])[-1]
    hidden = describe(replace(LAPTOP, gpus=(CARD,)), True, ["CPU: Ryzen 7"])[-1]
    assert "finds none" in hidden
    assert "Update the graphics driver" in hidden
    assert "CUDA_VISIBLE_DEVICES" in hidden


def test_a_problem_with_the_driver_is_passed_on() -> None:
    assert "The driver naps." in describe(replace(LAPTOP, gpu_problem="The driver naps."), False)
