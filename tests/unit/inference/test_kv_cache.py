import pytest

from app.inference.kv_cache import reusable_prefix


@pytest.mark.parametrize(
    ("cached", "prompt", "pos_min", "n_swa", "kept"),
    [
        # plain attention: everything shared
        ([], [1, 2, 3], -1, 0, 0),
        ([1, 2, 3], [1, 2, 3, 4], 0, 0, 3),
        ([1, 2, 3, 9, 9], [1, 2, 3, 4], 0, 0, 3),
        ([7, 8], [1, 2], 0, 0, 0),
        # the same prompt again: one token is left to compute, for its logits
        ([1, 2, 3], [1, 2, 3], 0, 0, 2),
        ([1, 2, 3, 4], [1, 2], 0, 0, 1),
        ([1], [1], 0, 0, 0),
        # the cache is empty although we think otherwise
        ([1, 2, 3], [1, 2, 3, 4], -1, 0, 0),
        # sliding window of 4: going on needs nothing old; going back needs the window before the first new token
        (list(range(20)), [*range(20), 99], 12, 4, 20),
        (list(range(20)), [*range(18), 99], 12, 4, 18),
        (list(range(20)), [*range(15), 99], 12, 4, 0),
        (list(range(20)), [*range(16), 99], 12, 4, 16),
        # a recurrent state (only its last position is there): going on is possible, going back is not
        (list(range(20)), [*range(20), 99], 19, 0, 20),
        (list(range(20)), [*range(15), 99], 19, 0, 0),
    ],
)
def test_how_much_of_the_last_turn_is_still_usable(
    cached: list[int], prompt: list[int], pos_min: int, n_swa: int, kept: int
) -> None:
    assert reusable_prefix(cached, prompt, pos_min, n_swa) == kept
