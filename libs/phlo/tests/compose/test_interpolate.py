from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phlo.compose.interpolate import expand, field_at
from phlo.errors import ErrorGroup, PhloError, Where
from phlo.errors.values import BadInterpolation, UnsetVariable, WrongType
from phlo.model.options import Variable
from phlo.testing.composing import stack

APP = "name: app\ndefault: true\nimage: example.org/app:1\nready: started\n"


def put(text, **environ):
    variables = {name: Variable(name, value) for name, value in environ.items()}
    return expand(text, variables, Where("phlo.yaml"), "services.app.image")


@pytest.mark.parametrize(
    ("text", "environ", "wanted"),
    [
        ("plain", {}, "plain"),
        ("${V}", {"V": "x"}, "x"),
        ("a${V}b${V}", {"V": "x"}, "axbx"),
        ("${V:-d}", {}, "d"),
        ("${V:-d}", {"V": ""}, "d"),
        ("${V-d}", {"V": ""}, ""),
        ("${V-d}", {}, "d"),
        ("${V:-}", {}, ""),
        ("${V:?say why}", {"V": "x"}, "x"),
        ("$$V $${V}", {"V": "x"}, "$V ${V}"),
        ("${PHLO_SECRET_DB}", {}, "${PHLO_SECRET_DB}"),
        ("${V}", {"V": "$x ${y}"}, "$x ${y}"),
    ],
)
def test_forms(text, environ, wanted):
    assert put(text, **environ) == wanted


def test_an_unset_variable_is_an_error_that_says_why():
    with pytest.raises(UnsetVariable, match="V' is not set: the licence") as caught:
        put("${V:?the licence}", V="")
    assert caught.value.code == "PHLO-C110"
    assert ".env" in caught.value.fix.text


@pytest.mark.parametrize("text", ["$V", "${}", "${1}", "${V", "a $ b", "${V:+x}"])
def test_any_other_dollar_is_an_error(text):
    with pytest.raises(BadInterpolation):
        put(text)


@given(st.text(alphabet="a$V{}:-?x ", max_size=12))
def test_any_text_gives_a_text_or_an_error_of_phlo(text):
    with suppress(PhloError):
        assert isinstance(put(text, V="x"), str)


def test_values_get_the_type_of_their_key():
    made = stack(
        "name: lake\nservices: {app: {enabled: '${ON}', port: '${P:-80}', ports: {m: '${Q}'}}}\n",
        [APP + "ports: {m: {container: 80}}\n"],
        environ={"ON": "true", "Q": "8181"},
    )
    assert made.services["app"].ports["m"].host == 8181
    assert made.layered.value(("services", "app", "enabled")) is True


def test_a_value_of_the_wrong_type_is_told_at_its_place():
    text = "name: lake\nservices:\n  app:\n    port: ${P}\n"
    with pytest.raises(WrongType) as caught:
        stack(text, [APP + "ports: {m: {container: 80}}\n"], environ={"P": "many"})
    assert str(caught.value.where) == "phlo.yaml:4:11"


def test_keys_stay_as_they_are():
    made = stack("name: lake\nservices: {app: {labels: {'${K}': x}}}\n", [APP])
    assert made.layered.value(("services", "app", "labels")) == {"${K}": "x"}


def test_a_service_that_does_not_run_needs_no_variables():
    off = "name: lake\nservices: {app: {enabled: false, image: '${NOT_SET}'}}\n"
    assert "app" not in stack(off, [APP]).services


def test_all_unset_variables_are_told_at_once():
    text = "name: lake\nservices: {app: {image: '${A}', environment: {X: '${B}'}}}\n"
    with pytest.raises(ErrorGroup) as caught:
        stack(text, [APP])
    assert [e.path for e in caught.value.diagnostics()] == [
        "services.app.image", "services.app.environment.X",
    ]  # fmt: skip


def test_lists_and_records_take_variables_too():
    text = """
    name: lake
    services:
      app: {command: [run, "${V}"], cap_add: ["${V}"]}
      s3:
        type: external
        provides: [{capability: object-store.s3, properties: {endpoint: "${V}"}}]
    """
    made = stack(text, [APP], environ={"V": "x"})
    assert made.layered.value(("services", "app", "command")) == ["run", "x"]
    assert made.layered.value(("services", "app", "cap_add")) == ["x"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("name", "a name"),
        ("sql.engine", "a name"),
        ("sql.nothing", None),
        ("services.app.port", "a port (1 to 65535)"),
        ("services.app.ports.web.host", "a port (1 to 65535)"),
        ("services.app.ports.web", None),
        ("services.app.healthcheck.interval", "a duration such as 30s"),
        ("services.app.native.processes.main.health.timeout", "a duration such as 30s"),
        ("services.app.environment.A", None),
        ("services.app", None),
        ("nothing", None),
    ],
)
def test_the_field_of_a_path(path, kind):
    found = field_at(tuple(path.split(".")))
    assert (found.kind.value if found else None) == kind
