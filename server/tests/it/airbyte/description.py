"""Derives an OpenAPI document from Airbyte's own Python client, as released, and prints it.

Airbyte's description may not be copied into this repository, but the client was generated from it: each method builds
one request and tells answers apart by status and type, and each model has the names, types and enums of its schema.
What the client does not say, the document does not say either: formats of texts such as UUIDs, smallest and largest
numbers, and which errors beside 4XX and 5XX there are."""

import ast
import inspect
import json
import pkgutil
import sys
import textwrap
import typing
from importlib import import_module

import airbyte_api
import pydantic
from airbyte_api import models
from airbyte_api.utils import metadata
from airbyte_api.basesdk import BaseSDK
from airbyte_api.sdk import AirbyteAPI
from airbyte_api.types import BaseModel
from pydantic.json_schema import GenerateJsonSchema

# Where self-hosted servers have the API: the proxy compares whole paths.
BASE = "/api/public/v1"
REFERENCE = "#/components/schemas/"


class Schemas(GenerateJsonSchema):
    """Schemas as the wire has them, not as Python has them."""

    def nullable_schema(self, schema):
        # `None` is how the client says "absent"; it never sends null for it.
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema):
        return self.generate_inner(schema["schema"])


def main():
    operations = list(found())
    wanted = {spot.id: spot for operation in operations for spot in operation.spots()}
    schemas, components = pydantic.TypeAdapter.json_schemas(
        [(key, "validation", pydantic.TypeAdapter(spot.type)) for key, spot in wanted.items()],
        ref_template=REFERENCE + "{model}",
        schema_generator=Schemas,
    )
    components = components["$defs"]
    for name, component in components.items():
        for field_name, field in getattr(getattr(models, name, None), "model_fields", {}).items():
            if is_of_connector(field.annotation):
                component["properties"][field.alias or field_name] = {"type": "object"}
    for (key, _), schema in schemas.items():
        wanted[key].schema = schema
    paths = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation.described()
    paths[BASE + "/applications/token"] = {"post": token()}
    json.dump(
        {
            "openapi": "3.1.0",
            "info": {"title": "Airbyte's API", "version": airbyte_api.__version__},
            "paths": paths,
            "components": {
                "schemas": reachable(paths, components),
                "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"bearer": []}],
        },
        sys.stdout,
        indent=1,
    )


class Spot:
    """A place in the document that a type of the client describes."""

    def __init__(self, type_, **around):
        self.id, self.type, self.around, self.schema = id(self), type_, around, None

    def described(self):
        return {**self.around, "schema": self.schema}


class Operation:
    """One method of the client."""

    def __init__(self, method):
        self.source = ast.parse(textwrap.dedent(inspect.getsource(method)))
        self.names = vars(sys.modules[method.__module__])
        (call,) = self.calls("_build_request")
        request = {keyword.arg: keyword.value for keyword in call.keywords}
        self.name = method.__name__
        self.path = BASE + request["path"].value
        self.method = request["method"].value.lower()
        self.open = "security" not in request
        self.parameters = list(self.read_parameters(typing.get_type_hints(method)))
        self.body = self.read_body(request)
        self.answers = dict(self.read_answers())

    def calls(self, name, within=None):
        for node in ast.walk(within or self.source):
            if isinstance(node, ast.Call) and name in (
                getattr(node.func, "attr", None),
                getattr(node.func, "id", None),
            ):
                yield node

    def type(self, node):
        return plain(eval(ast.unparse(node), self.names))

    def read_parameters(self, hints):
        model = model_in(hints.get("request"))
        for name, field in (model.model_fields if model else {}).items():
            for where, kind in (
                ("path", metadata.PathParamMetadata),
                ("query", metadata.QueryParamMetadata),
                ("header", metadata.HeaderMetadata),
            ):
                style = metadata.find_field_metadata(field, kind)
                if style:
                    parameter = {
                        "name": field.alias or name,
                        "in": where,
                        "required": field.is_required(),
                        "style": style.style,
                        "explode": style.explode,
                    }
                    yield Spot(plain(field.annotation), **parameter)

    def read_body(self, request):
        for call in self.calls("serialize_request_body"):
            _value, _nullable, _optional, kind, type_ = call.args
            assert kind.value == "json", f"{self.name} sends {kind.value}"
            self.body_required = request["request_body_required"].value
            return Spot(self.type(type_))
        return None

    def read_answers(self):
        """Status and type of each answer that the method tells apart."""
        for branch in (node for node in ast.walk(self.source) if isinstance(node, ast.If)):
            for match in self.calls("match_response", branch.test):
                statuses, kind = (ast.literal_eval(value) for value in match.args[1:3])
                read = list(self.calls("unmarshal_json_response", ast.Module(branch.body, [])))
                spot = Spot(self.type(read[0].args[0])) if read else None
                for status in [statuses] if isinstance(statuses, str) else statuses:
                    yield status, (kind, spot)

    def spots(self):
        yield from self.parameters
        yield from [self.body] if self.body else []
        yield from (spot for _, spot in self.answers.values() if spot)

    def described(self):
        described = {"operationId": self.name, "responses": {}}
        if self.open:
            described["security"] = []
        if self.parameters:
            described["parameters"] = [spot.described() for spot in self.parameters]
        if self.body:
            described["requestBody"] = {
                "required": self.body_required,
                "content": {"application/json": self.body.described()},
            }
        for status, (kind, spot) in self.answers.items():
            answer = described["responses"][status] = {"description": status}
            if spot:
                answer["content"] = {kind: spot.described()}
        return described


def token():
    """The client asks for tokens in a hook of its own, with a form; the API takes the same as JSON."""
    asked = dict.fromkeys(["client_id", "client_secret"], {"type": "string"})
    asked["grant_type"] = {"enum": ["client_credentials"]}
    given = {
        "access_token": {"type": "string"},
        "token_type": {"enum": ["Bearer"]},
        "expires_in": {"type": "integer"},
    }
    ask = {"schema": {"type": "object", "required": list(asked), "properties": asked}}
    give = {"schema": {"type": "object", "required": list(given), "properties": given}}
    return {
        "operationId": "create_token",
        "security": [],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": ask,
                "application/x-www-form-urlencoded": ask,
            },
        },
        "responses": {
            "200": {"description": "A token", "content": {"application/json": give}},
            "4XX": {"description": "4XX"},
            "5XX": {"description": "5XX"},
        },
    }


def found():
    """Each operation once: the client has all of them a second time for asynchronous programs."""
    for module in pkgutil.iter_modules(airbyte_api.__path__, "airbyte_api."):
        for _, group in inspect.getmembers(import_module(module.name), inspect.isclass):
            if group.__module__ != module.name or not issubclass(group, BaseSDK):
                continue
            for _, method in inspect.getmembers(group, inspect.isfunction):
                inherited = method.__name__ in vars(BaseSDK) or group is AirbyteAPI
                if not inherited and not inspect.iscoroutinefunction(method):
                    yield Operation(method)


def model_in(hint):
    """The model of a request that may also be given as a dictionary."""
    choices = [hint, *typing.get_args(hint)]
    models = [one for one in choices if inspect.isclass(one) and issubclass(one, BaseModel)]
    return models[0] if models else None


def is_of_connector(type_):
    """Settings of a connector? The client lists those of every connector of its day; the API itself takes any object
    and leaves the rest to the connector's own schema."""
    return plain(type_) in map(plain, (models.SourceConfiguration, models.DestinationConfiguration))


def plain(type_):
    """What an optional type is when it is there, without what Python keeps beside it."""
    if typing.get_origin(type_) is typing.Union:
        type_ = typing.Union[tuple(one for one in typing.get_args(type_) if one is not type(None))]
    return type_.__origin__ if typing.get_origin(type_) is typing.Annotated else type_


def reachable(paths, components):
    """The schemas that the paths use."""
    kept, open_ = {}, [paths]
    while open_:
        for part in walk(open_.pop()):
            name = part.get("$ref", "").removeprefix(REFERENCE)
            if name and name not in kept:
                kept[name] = components[name]
                open_.append(kept[name])
    # A field that takes null as well as absence would need more than `nullable_schema` does.
    assert "Unset" not in kept, "the client has nullable fields"
    return kept


def walk(part):
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else []:
        yield from walk(inner)


main()
