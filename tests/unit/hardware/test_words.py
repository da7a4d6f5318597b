from dataclasses import replace

from app.hardware.gpus import NO_DRIVER
from app.hardware.machine import Accelerator, Gpu, Machine
from app.hardware.words import describe

GB = 10**9
LAPTOP = Machine("Ryzen 7", 8, 16, 8, 16 * GB, 9 * GB, (), NO_DRIVER, "Linux")
CARD = Gpu(0, "RTX 4070", 12 * GB, 11 * GB)


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
    words = describe(replace(LAPTOP, gpus=(CARD,)), True, ["CUDA0: RTX 4070", "CPU: Ryzen 7"])
    assert words[-1] == "Models can run on the GPU: llama.cpp sees CUDA0: RTX 4070."


def test_gpus_of_other_makers_are_named_as_llama_cpp_names_them() -> None:
    radeon = Accelerator("Vulkan0", "AMD Radeon RX 7800 XT", "gpu", 16 * GB, 15 * GB)
    iris = Accelerator("Vulkan1", "Intel Iris Xe", "integrated", 8 * GB, 8 * GB)
    words = describe(LAPTOP, True, ["Vulkan0: AMD Radeon RX 7800 XT"], [radeon, iris])
    assert words[2] == "Vulkan0: AMD Radeon RX 7800 XT can use 16.0 GB of memory, 15.0 GB of it free."
    assert words[3] == "Vulkan1: Intel Iris Xe, which uses main memory."


def test_a_gpu_without_memory_of_its_own() -> None:
    words = describe(replace(LAPTOP, gpus=(Gpu(0, "GB10", 0, 0, unified=True),)), True, ["CUDA0: GB10"])
    assert words[2] == "GPU 0: GB10, which uses main memory."


def test_a_library_for_matrices_is_no_gpu() -> None:
    assert "finds none" in describe(LAPTOP, True, ["BLAS: Accelerate", "CPU: Apple M2"])[-1]


def test_a_build_for_a_gpu_that_is_not_there() -> None:
    assert "finds none" in describe(LAPTOP, True, ["CPU: Ryzen 7"])[-1]


def test_a_problem_with_the_driver_is_passed_on() -> None:
    assert "The driver naps." in describe(replace(LAPTOP, gpu_problem="The driver naps."), False)
