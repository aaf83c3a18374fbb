"""The check of calls against the OpenAPI document."""

import json

import pytest

from batchcreate.simulator.openapi import Contract, Violation, load_contract, load_document

CREATE = "CreateMultiTasks"
VALID = {"task_name": "orders-2024", "operation_types": ["INSERT"]}


@pytest.fixture
def contract() -> Contract:
    return load_contract()


def read(contract: Contract, **fields: object) -> object:
    return contract.read_body(CREATE, json.dumps({**VALID, **fields}).encode())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("task_name", "abc", id="shortest name"),
        pytest.param("task_name", "9" + "a._-" * 24 + "xyz", id="longest name"),
        pytest.param("task_id", "", id="empty id"),
        pytest.param("task_id", "a" * 50, id="longest id"),
        pytest.param("task_type", "REALTIME", id="real-time"),
        pytest.param("description", "é\n" * 512, id="longest description"),
        pytest.param("task_tag", "a_-9", id="shortest tag"),
        pytest.param("operation_types", ["INSERT", "UPDATE", "DELETE"], id="all operations"),
        pytest.param("operation_types", ["INSERT", "INSERT"], id="an operation twice"),
        pytest.param("source_app_id", "x", id="shortest app id"),
    ],
)
def test_a_valid_body_is_read(contract: Contract, field: str, value: object) -> None:
    """The limits themselves are allowed."""
    assert read(contract, **{field: value}) == {**VALID, field: value}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("task_name", "ab", id="short name"),
        pytest.param("task_name", "a" * 101, id="long name"),
        pytest.param("task_name", "-abc", id="name begins with a dash"),
        pytest.param("task_name", "abc\n", id="name ends with a line break"),
        pytest.param("task_name", "náme", id="letter outside ASCII"),
        pytest.param("task_name", 12345, id="number for a name"),
        pytest.param("task_name", None, id="null for a name"),
        pytest.param("task_id", "ab", id="short id"),
        pytest.param("task_id", "a" * 51, id="long id"),
        pytest.param("task_type", "TIMING", id="scheduled"),
        pytest.param("task_type", "realtime", id="lower case type"),
        pytest.param("description", "", id="empty description"),
        pytest.param("description", "a" * 1025, id="long description"),
        pytest.param("task_tag", "abc", id="short tag"),
        pytest.param("task_tag", "a.b.c", id="dots in a tag"),
        pytest.param("operation_types", [], id="no operation"),
        pytest.param("operation_types", ["INSERT"] * 4, id="four operations"),
        pytest.param("operation_types", ["insert"], id="lower case operation"),
        pytest.param("operation_types", "INSERT", id="text for operations"),
        pytest.param("source_app_id", "", id="empty source"),
        pytest.param("target_app_id", "a" * 65, id="long target"),
        pytest.param("undocumented", "x", id="unknown field"),
    ],
)
def test_a_violation_names_its_parameter(contract: Contract, field: str, value: object) -> None:
    """The violated parameter is named, also in the text."""
    violation = read(contract, **{field: value})

    assert isinstance(violation, Violation)
    assert violation.parameter == field
    assert field in violation.text


@pytest.mark.parametrize("field", ["task_name", "operation_types"])
def test_a_missing_mandatory_field_is_named(contract: Contract, field: str) -> None:
    """Both mandatory fields are required."""
    body = {name: value for name, value in VALID.items() if name != field}

    violation = contract.read_body(CREATE, json.dumps(body).encode())

    assert violation == Violation(parameter=field, text=f"{field} is mandatory")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param(b"", "the body is not JSON", id="empty"),
        pytest.param(b"{", "the body is not JSON", id="incomplete"),
        pytest.param(b"\xff", "the body is not JSON", id="not UTF-8"),
        pytest.param(b'{"a": NaN}', "the body is not JSON", id="NaN"),
        pytest.param(b"[" * 200_000, "the body is not JSON", id="too deep"),
        pytest.param(b"[]", "the body is not a JSON object", id="array"),
        pytest.param(b"null", "the body is not a JSON object", id="null"),
    ],
)
def test_a_body_that_is_not_an_object_names_no_parameter(
    contract: Contract, raw: bytes, text: str
) -> None:
    """Bytes that are not a JSON object are a violation of the body as a whole."""
    assert contract.read_body(CREATE, raw) == Violation(parameter="", text=text)


def test_a_violation_deep_inside_names_the_outermost_field(contract: Contract) -> None:
    """The text contains the path to the invalid value."""
    raw = json.dumps({"auth": {"identity": {"methods": ["totp"], "password": {}}}}).encode()

    violation = contract.read_body("KeystoneCreateUserTokenByPassword", raw)

    assert isinstance(violation, Violation)
    assert violation.parameter == "auth"
    assert violation.text.startswith("auth.identity.")


def test_query_numbers_are_read_and_defaults_filled_in(contract: Contract) -> None:
    """Integer parameters are converted; unknown parameters are kept."""
    path = {"project_id": "p", "instance_id": "i"}

    values = contract.read_parameters("ListTasks", path, {"offset": "-3", "colour": "red"})

    assert values == {**path, "limit": 10, "offset": -3, "colour": "red"}


@pytest.mark.parametrize(
    "limit",
    ["0", "1001", "ten", "1_0", "", pytest.param("9" * 5000, id="5000 digits")],
)
def test_a_limit_outside_the_documented_range_is_a_violation(
    contract: Contract, limit: str
) -> None:
    """Only 1 to 1000 is valid."""
    path = {"project_id": "p", "instance_id": "i"}

    violation = contract.read_parameters("ListTasks", path, {"limit": limit})

    assert isinstance(violation, Violation)
    assert violation.parameter == "limit"


def test_the_document_explains_its_assumptions() -> None:
    """Every assumption is a sentence, and every operation is present."""
    document = load_document()

    assert all(text.endswith(".") for text in document["x-assumptions"].values())
    assert {op["operationId"] for path in document["paths"].values() for op in path.values()} == {
        "CreateMultiTasks",
        "ListTasks",
        "ShowTask",
        "DeleteTask",
        "KeystoneCreateUserTokenByPassword",
        "KeystoneListProjects",
    }
