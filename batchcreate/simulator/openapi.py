"""Operations of the OpenAPI document, and the check of calls against it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn, cast

import fastjsonschema

Values = dict[str, Any]
_Validator = Callable[[object], object]
_INTEGER = re.compile(r"-?[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """
    One method of one path.

    Attributes:
        name: the ``operationId``.
        method: HTTP method in upper case.
        path: template such as ``/v3/projects``, in the syntax of aiohttp's router.
        service: ``FDI`` (behind the gateway) or ``IAM``.

    """

    name: str
    method: str
    path: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """
    A violation of the document by a call.

    Attributes:
        parameter: name of the field or parameter; empty if the whole body is invalid.
        text: description of the violation.

    """

    parameter: str
    text: str


class Contract:
    """
    Checks calls against an OpenAPI document.

    Args:
        document: OpenAPI 3 without references to other documents.

    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._components = document["components"]
        self.operations: dict[str, Operation] = {}
        self._bodies: dict[str, _Validator] = {}
        self._parameters: dict[str, _Validator] = {}
        self._integers: dict[str, frozenset[str]] = {}
        for operation, details in _read_operations(document):
            self.operations[operation.name] = operation
            self._add_parameters(operation.name, details["parameters"])
            if "requestBody" in details:
                schema = details["requestBody"]["content"]["application/json"]["schema"]
                self._bodies[operation.name] = self._compile(schema)

    def read_body(self, operation: str, raw: bytes) -> Values | Violation:
        """Return the decoded body of a call, or its violation."""
        try:
            value = json.loads(raw, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return Violation(parameter="", text="the body is not JSON")
        return _check(self._bodies[operation], value)

    def read_parameters(
        self, operation: str, path: Mapping[str, str], query: Mapping[str, str]
    ) -> Values | Violation:
        """Return path and query parameters including defaults, or their violation."""
        value: Values = {**query, **path}
        for name in self._integers[operation] & value.keys():
            if _INTEGER.fullmatch(value[name]):
                value[name] = int(value[name])
        return _check(self._parameters[operation], value)

    def _add_parameters(self, operation: str, references: list[Mapping[str, Any]]) -> None:
        parameters = [self._resolve(reference) for reference in references]
        schemas = {parameter["name"]: parameter["schema"] for parameter in parameters}
        whole = {"type": "object", "properties": schemas}
        self._parameters[operation] = self._compile(whole)
        self._integers[operation] = frozenset(
            name for name, schema in schemas.items() if schema["type"] == "integer"
        )

    def _resolve(self, reference: Mapping[str, Any]) -> Mapping[str, Any]:
        if "$ref" not in reference:
            return reference
        name = reference["$ref"].removeprefix("#/components/parameters/")
        return cast("Mapping[str, Any]", self._components["parameters"][name])

    def _compile(self, schema: Mapping[str, Any]) -> _Validator:
        whole = {**schema, "components": self._components}
        return cast("_Validator", fastjsonschema.compile(whole))


@cache
def load_contract() -> Contract:
    """Return the compiled document of the simulator; compiled once per process."""
    return Contract(load_document())


@cache
def load_document() -> Mapping[str, Any]:
    """Return the OpenAPI document of the simulator."""
    text = files("batchcreate.simulator").joinpath("openapi.json").read_text(encoding="utf-8")
    return cast("Mapping[str, Any]", json.loads(text))


def _read_operations(
    document: Mapping[str, Any],
) -> Iterator[tuple[Operation, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, details in methods.items():
            operation = Operation(
                name=details["operationId"],
                method=method.upper(),
                path=path,
                service=details["tags"][0],
            )
            yield operation, details


def _check(validate: _Validator, value: object) -> Values | Violation:
    try:
        return cast("Values", validate(value))
    except fastjsonschema.JsonSchemaValueException as error:
        return _explain(error)


def _explain(error: fastjsonschema.JsonSchemaValueException) -> Violation:
    _, *steps = error.path
    if steps:
        return Violation(parameter=steps[0], text=error.message.removeprefix("data."))
    names: list[str] = []
    if error.rule == "required":
        names = [name for name in error.rule_definition if name not in error.value]
    elif error.rule == "additionalProperties":
        names = sorted(error.value.keys() - error.definition["properties"].keys())
    if not names:
        return Violation(parameter="", text="the body is not a JSON object")
    what = "is mandatory" if error.rule == "required" else "is not a parameter of this API"
    return Violation(parameter=names[0], text=f"{names[0]} {what}")


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is not JSON"
    raise ValueError(message)
