from app.hardware.busy import BUSY_SHARE, BusyMeter
from tests.helpers.burner import busy_machine


def test_share_of_all_processors_since_the_meter_was_made() -> None:
    used, now = 100.0, 10.0
    meter = BusyMeter(lambda: used, lambda: now, processors=4)
    assert meter.share() == 0.0
    used, now = 102.0, 12.0
    assert meter.share() == 0.25
    used = 99.0  # the system's counters are coarse, and may go back
    assert meter.share() == 0.0
    used = 900.0
    assert meter.share() == 1.0


def test_others_are_noticed() -> None:
    with busy_machine():
        meter = BusyMeter()
        total = sum(number * number for number in range(3_000_000))
        assert total > 0
        assert meter.share() > BUSY_SHARE
