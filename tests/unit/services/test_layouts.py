from app.core.paths import Home
from app.inference.protocol import BufferUse, MemoryUse
from app.models.sizing import HOST, DeviceParts, Layout
from app.services.layouts import LayoutShelf, layout_of, with_weights
from app.storage.measurements import LayoutRecords
from app.storage.schema import open_database

MIB = 2**20


def test_buffers_are_gathered_by_device() -> None:
    buffers = (
        BufferUse("CPU", HOST, 100, 0, 7),
        BufferUse("CPU_REPACK", HOST, 50, 0, 0),
        BufferUse("CUDA0", "CUDA0", 300, 40, 20),
        BufferUse("CUDA_Host", HOST, 10, 0, 3),
    )
    layout = layout_of(MemoryUse(460, 40, 30, 5, 1000, buffers))
    assert layout.devices == (DeviceParts(HOST, 160, 0, 10), DeviceParts("CUDA0", 300, 40, 20))
    assert layout.committed_bytes == 1000 - 360, "what lies on the GPU is not the worker's memory"
    assert layout.total_bytes == 1000
    assert layout.source == "llama.cpp"


def test_the_log_alone_tells_of_one_device() -> None:
    layout = layout_of(MemoryUse(10 * MIB, 20 * MIB, 30 * MIB, MIB, 100 * MIB))
    assert layout == Layout((DeviceParts(HOST, 10 * MIB, 20 * MIB, 30 * MIB),), 40 * MIB, source="log")


def test_adapters_are_added_where_they_lie() -> None:
    layout = Layout((DeviceParts(HOST, 1, 2, 3), DeviceParts("CUDA0", 4, 5, 6)), 7)
    more = with_weights(layout, {HOST: 10, "CUDA1": 5})
    assert more.devices == (DeviceParts(HOST, 11, 2, 3), DeviceParts("CUDA0", 4, 5, 6), DeviceParts("CUDA1", 5))
    assert with_weights(layout, {}) == layout


def test_what_is_kept_is_there_after_a_restart(home: Home) -> None:
    layout = Layout((DeviceParts(HOST, 1, 2, 3),), 4, 1, "llama.cpp")
    database = open_database(home)
    try:
        shelf = LayoutShelf(LayoutRecords(database))
        shelf.keep("model/settings", layout)
        assert LayoutShelf(LayoutRecords(database)).get("model/settings") == layout
        assert shelf.get("another") is None
        assert LayoutShelf(None).get("model/settings") is None
    finally:
        database.close()
