from types import SimpleNamespace

from app.inference.breakdown import buffers_of


def test_a_library_without_the_symbol_leaves_it_to_the_log() -> None:
    assert buffers_of(SimpleNamespace(_lib=SimpleNamespace()), context=None) == ()
