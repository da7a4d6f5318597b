from app.inference.memory import memory_use
from app.models.native import INFO, LogLine

MIB = 1024 * 1024


def lines(text: str) -> list[LogLine]:
    return [LogLine(INFO, line) for line in text.strip().splitlines()]


REAL = """
load_tensors:          CPU model buffer size =    28.82 MiB
load_tensors:   CPU_REPACK model buffer size =    56.95 MiB
llama_context:        CPU  output buffer size =     0.19 MiB
llama_kv_cache:        CPU KV buffer size =    90.00 MiB
llama_kv_cache: size =   90.00 MiB (  4096 cells,  30 layers,  1/1 seqs), K (f16):   45.00 MiB, V (f16):   45.00 MiB
sched_reserve:        CPU compute buffer size =    17.51 MiB
"""


def test_a_real_load() -> None:
    use = memory_use(lines(REAL))
    assert use.weights_bytes == round(85.77 * MIB)
    assert use.kv_bytes == 90 * MIB
    assert use.compute_bytes == round(17.51 * MIB)
    assert use.output_bytes == round(0.19 * MIB)


def test_a_layout_knows_its_weights_from_elsewhere() -> None:
    laid_out = REAL.replace("28.82", " 0.00").replace("56.95", " 0.00").replace("KV buffer size =    90", "KV = 0")
    assert memory_use(lines(laid_out), weights_bytes=1234) == memory_use(lines(REAL), weights_bytes=1234)


def test_a_sliding_window_has_two_caches_and_several_devices_add_up() -> None:
    use = memory_use(
        lines(
            """
llama_kv_cache: size =   10.00 MiB (  4096 cells,   3 layers,  1/1 seqs), K (f16): 5.00 MiB, V (f16): 5.00 MiB
llama_kv_cache: size =    5.50 MiB (  1024 cells,  15 layers,  1/1 seqs), K (f16): 2.75 MiB, V (f16): 2.75 MiB
sched_reserve:      CUDA0 compute buffer size =   100.00 MiB
sched_reserve:        CPU compute buffer size =     4.00 MiB
sched_reserve:      CUDA0 compute buffer size =   120.00 MiB
"""
        )
    )
    assert use.kv_bytes == round(15.5 * MIB)
    assert use.compute_bytes == 124 * MIB  # a graph reserved anew replaces the one before
