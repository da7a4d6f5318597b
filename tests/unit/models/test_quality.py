from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.models.quality import quality_class, quality_loss


def test_the_fields_order() -> None:
    names = ["F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q4_K_S", "Q3_K_M", "Q2_K"]
    losses = [quality_loss(name, 0.0) for name in names]
    assert losses == sorted(losses)
    assert [quality_class(loss) for loss in losses] == ["good"] * 6 + ["fair", "poor"]


def test_real_bits_count_where_they_are_more_than_the_name_says() -> None:
    assert quality_loss("Q4_K_M", 6.17) < quality_loss("Q4_K_M", 4.89)
    assert quality_loss("UD-Q4_K_M", 4.89) == quality_loss("Q4_K_M", 4.89)


@given(st.floats(0.5, 32), st.floats(0, 8))
def test_more_bits_of_an_unknown_type_never_lose_more(bits: float, more: float) -> None:
    assert 0 <= quality_loss("", bits + more) <= quality_loss("", bits)
