from typing import Any

import pytest

from batchcreate.errors import SettingsError
from batchcreate.simulator import FaultKind, SimulatorSettings


@pytest.mark.parametrize(
    ("knob", "value", "message"),
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
            "token is empty: give at least one character, or leave it out",
            id="empty token",
        ),
        pytest.param(
            "password",
            "",
            "password is empty: give at least one character, or leave it out",
            id="empty password",
        ),
        pytest.param("ak", "AK", "sk is missing: ak is given, and a key has both", id="no sk"),
        pytest.param("sk", "SK", "ak is missing: sk is given, and a key has both", id="no ak"),
        pytest.param(
            "security_token",
            "STS",
            "ak is missing: security_token is given, and belongs to a key",
            id="security token alone",
        ),
        pytest.param(
            "faults",
            {FaultKind.HANG: 1.5},
            "faults has hang=1.5: give a share from 0 to 1",
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
def test_a_knob_out_of_range_is_refused(knob: str, value: Any, message: str) -> None:
    """The message names the knob, the value and the range."""
    with pytest.raises(SettingsError) as caught:
        SimulatorSettings(**{knob: value})

    assert str(caught.value) == message


def test_an_unknown_fault_is_refused() -> None:
    """The message lists the kinds that exist."""
    with pytest.raises(SettingsError, match=r"faults has 'boom': give one of 429, 401, "):
        SimulatorSettings(faults={"boom": 0.1})  # type: ignore[dict-item] # as a library user may


def test_shares_of_creates_and_lists_are_counted_apart() -> None:
    """A full share of each is one valid setting, and texts are taken for kinds."""
    settings = SimulatorSettings(faults={"hang": 1, FaultKind.LIST_500: 1})  # type: ignore[dict-item] # as a library user may

    assert settings.faults == {FaultKind.HANG: 1, FaultKind.LIST_500: 1}


def test_secrets_are_not_shown() -> None:
    """The text form of the settings holds neither token nor password nor key."""
    settings = SimulatorSettings(
        token="canary-1",
        password="canary-2",
        ak="canary-3",
        sk="canary-4",
        security_token="canary-5",
    )

    assert "canary" not in repr(settings)
