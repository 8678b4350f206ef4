from __future__ import annotations

import json

from phlo.compose.fields import PROJECT_FIELDS, SERVICE_FIELDS, TABLES
from phlo.config.schema import project_schema
from phlo.testing.composing import definition

APP = definition("""
name: app
description: An app
image: example.org/app:1
settings:
  mode: {type: string, default: a, choices: [a, b], description: Which}
  n: {type: integer}
""")


def test_every_key_is_in_it_and_unknown_ones_are_refused():
    schema = project_schema({"app": APP})
    assert set(schema["properties"]) == set(PROJECT_FIELDS)
    service = schema["$defs"]["service"]
    assert set(service["properties"]) == set(SERVICE_FIELDS)
    for one in (schema, service):
        assert one["additionalProperties"] is False
        assert "^x-" in one["patternProperties"]
    health = service["properties"]["healthcheck"]["anyOf"][0]
    assert set(health["properties"]) == {*TABLES["healthcheck"], "$replace"}
    assert json.loads(json.dumps(schema)) == schema


def test_installed_services_have_their_settings():
    app = project_schema({"app": APP})["properties"]["services"]["properties"]["app"]
    assert app["description"] == "An app"
    mode = app["properties"]["settings"]["properties"]["mode"]
    assert (mode["enum"], mode["default"], mode["description"]) == (["a", "b", None], "a", "Which")
