"""Ranges of the simulator's settings, and the plan of which calls fail."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchcreate.errors import SettingsError
from batchcreate.simulator import FAULT_MEANINGS, FaultKind, SimulatorSettings
from batchcreate.simulator.simulator_settings import FaultPlan


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        pytest.param("port", 70_000, "port is 70000: give a number from 0 to 65,535", id="port"),
        pytest.param(
            "limit_rate", 0, "limit_rate is 0: give a number from 0.01 to 1,000,000", id="rate"
        ),
        pytest.param(
            "latency_ms",
            float("nan"),
            "latency_ms is nan: give a number from 0 to 600,000",
            id="not a number",
        ),
        pytest.param(
            "quota", -1, "quota is -1: give a number from 0 to 10,000,000", id="negative quota"
        ),
        pytest.param(
            "token",
            "",
            "token is empty: give at least one character, or omit it",
            id="empty token",
        ),
        pytest.param(
            "password",
            "",
            "password is empty: give at least one character, or omit it",
            id="empty password",
        ),
        pytest.param(
            "ak", "AK", "sk is missing: ak is given, and an access key has both", id="no sk"
        ),
        pytest.param(
            "sk", "SK", "ak is missing: sk is given, and an access key has both", id="no ak"
        ),
        pytest.param(
            "security_token",
            "STS",
            "ak is missing: security_token is given, which belongs to an access key",
            id="security token alone",
        ),
        pytest.param(
            "faults",
            {FaultKind.HANG: 1.5},
            "faults contains hang=1.5: give a share from 0 to 1",
            id="share above one",
        ),
        pytest.param(
            "faults",
            {FaultKind.HANG: 0.6, FaultKind.NO_ID: 0.6},
            "faults of create calls add up to 1.2: give shares that sum to at most 1",
            id="shares of creates",
        ),
        pytest.param(
            "faults",
            {FaultKind.LIST_403: 0.6, FaultKind.LIST_429: 0.6},
            "faults of list calls add up to 1.2: give shares that sum to at most 1",
            id="shares of lists",
        ),
    ],
)
def test_a_value_out_of_range_is_refused(name: str, value: Any, message: str) -> None:
    """The message contains setting, value and range."""
    with pytest.raises(SettingsError) as caught:
        SimulatorSettings(**{name: value})

    assert str(caught.value) == message


def test_an_unknown_fault_is_refused() -> None:
    """The message lists all kinds."""
    with pytest.raises(SettingsError, match=r"faults contains 'boom': give one of 429, 401, "):
        SimulatorSettings(faults={"boom": 0.1})  # type: ignore[dict-item] # as a library user may


def test_shares_of_creates_and_lists_are_counted_separately() -> None:
    """A share of 1 for each is valid, and strings are converted to kinds."""
    settings = SimulatorSettings(faults={"hang": 1, FaultKind.LIST_500: 1})  # type: ignore[dict-item] # as a library user may

    assert settings.faults == {FaultKind.HANG: 1, FaultKind.LIST_500: 1}


def test_secrets_are_not_shown() -> None:
    """The repr of the settings contains neither token nor password nor key."""
    settings = SimulatorSettings(
        token="canary-1",
        password="canary-2",
        ak="canary-3",
        sk="canary-4",
        security_token="canary-5",
    )

    assert "canary" not in repr(settings)


def draw(plan: FaultPlan, count: int) -> list[FaultKind | None]:
    return [plan.draw() for _ in range(count)]


def test_every_kind_has_a_one_line_meaning() -> None:
    """The help explains each kind in a different way."""
    meanings = [kind.meaning for kind in FaultKind]

    assert list(FAULT_MEANINGS) == list(FaultKind)
    assert len(set(meanings)) == len(meanings)
    assert all(0 < len(meaning) < 80 and "\n" not in meaning for meaning in meanings)


@given(seed=st.integers(), share=st.floats(0, 1))
def test_a_seed_repeats_its_selection(seed: int, share: float) -> None:
    """Two plans with the same seed select the same calls."""
    shares = {FaultKind.HANG: share}

    first = draw(FaultPlan(shares, seed=seed, stream="create"), 20)
    second = draw(FaultPlan(shares, seed=seed, stream="create"), 20)

    assert first == second


def test_seeds_and_streams_are_independent() -> None:
    """Another seed or stream selects other calls."""
    shares = {FaultKind.HANG: 0.5}

    plans = [
        draw(FaultPlan(shares, seed=seed, stream=stream), 64)
        for seed, stream in ((0, "create"), (1, "create"), (0, "list"))
    ]

    assert plans[0] != plans[1]
    assert plans[0] != plans[2]


def test_the_share_of_calls_is_kept() -> None:
    """Over many calls the frequency of each kind matches its share."""
    shares = {FaultKind.HANG: 0.3, FaultKind.NO_ID: 0.2}

    counts = Counter(draw(FaultPlan(shares, seed=7, stream="create"), 10_000))

    assert abs(counts[FaultKind.HANG] - 3000) < 200
    assert abs(counts[FaultKind.NO_ID] - 2000) < 200
    assert abs(counts[None] - 5000) < 200


def test_a_share_of_one_selects_every_call() -> None:
    """No call succeeds."""
    plan = FaultPlan({FaultKind.NO_ID: 1}, seed=0, stream="create")

    assert set(draw(plan, 1000)) == {FaultKind.NO_ID}


def test_no_shares_select_no_call() -> None:
    """Without faults every call succeeds."""
    assert FaultPlan({}, seed=0, stream="create").draw() is None
