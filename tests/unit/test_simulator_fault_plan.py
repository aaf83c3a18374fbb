from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from batchcreate.simulator import FAULT_MEANINGS, FaultKind
from batchcreate.simulator.faults import FaultPlan
from batchcreate.simulator.misbehaviour import _ANSWERS, _DEFECTS, _REFUSALS


def draw(plan: FaultPlan, count: int) -> list[FaultKind | None]:
    return [plan.draw() for _ in range(count)]


def test_every_kind_has_a_one_line_meaning() -> None:
    """The help text can explain each kind, and no two kinds mean the same."""
    meanings = [kind.meaning for kind in FaultKind]

    assert list(FAULT_MEANINGS) == list(FaultKind)
    assert len(set(meanings)) == len(meanings)
    assert all(0 < len(meaning) < 80 and "\n" not in meaning for meaning in meanings)


def test_every_kind_has_one_way_of_going_wrong() -> None:
    """No kind is left out of the tables of behaviours, and none stands in two."""
    special = [FaultKind.TOO_MANY_REQUESTS, FaultKind.LIST_429, FaultKind.SLOW_DRIP]

    handled = Counter([*_REFUSALS, *_ANSWERS, *_DEFECTS, *special])

    assert handled == Counter(FaultKind)


@given(seed=st.integers(), share=st.floats(0, 1))
def test_a_seed_repeats_its_decisions(seed: int, share: float) -> None:
    """Two plans of one seed decide alike, call by call."""
    shares = {FaultKind.HANG: share}

    first = draw(FaultPlan(shares, seed=seed, stream="create"), 20)
    second = draw(FaultPlan(shares, seed=seed, stream="create"), 20)

    assert first == second


def test_seeds_and_streams_decide_apart() -> None:
    """Another seed or stream hits other calls."""
    shares = {FaultKind.HANG: 0.5}

    plans = [
        draw(FaultPlan(shares, seed=seed, stream=stream), 64)
        for seed, stream in ((0, "create"), (1, "create"), (0, "list"))
    ]

    assert plans[0] != plans[1]
    assert plans[0] != plans[2]


def test_the_share_of_calls_is_kept() -> None:
    """Over many calls each kind comes about as often as its share says."""
    shares = {FaultKind.HANG: 0.3, FaultKind.NO_ID: 0.2}

    counts = Counter(draw(FaultPlan(shares, seed=7, stream="create"), 10_000))

    assert abs(counts[FaultKind.HANG] - 3000) < 200
    assert abs(counts[FaultKind.NO_ID] - 2000) < 200
    assert abs(counts[None] - 5000) < 200


def test_a_full_share_hits_every_call() -> None:
    """Share 1 leaves no call alone."""
    plan = FaultPlan({FaultKind.NO_ID: 1}, seed=0, stream="create")

    assert set(draw(plan, 1000)) == {FaultKind.NO_ID}


def test_no_shares_hit_no_call() -> None:
    """Without faults the plan has nothing to decide."""
    assert FaultPlan({}, seed=0, stream="create").draw() is None
