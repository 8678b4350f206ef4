"""The environment and the command line as layers."""

from __future__ import annotations

import pytest

from phlo.compose.resolve import compose_stack
from phlo.errors import ErrorGroup, Where
from phlo.errors.config import BadOption, MissingSecret, UnknownService
from phlo.errors.values import UnknownKey, WrongType
from phlo.model.options import Options, Variable
from phlo.testing.composing import MACHINE, documents, installed, stack

APP = """
name: my-app
default: true
image: example.org/app:1
ready: started
ports: {http: {container: 80, primary: true}, admin: {container: 81}}
settings:
  version: {type: string, default: "1.0", env: APP_VERSION}
  workers: {type: integer, default: 2}
  ratio: {type: number}
  debug: {type: boolean, default: false, env: APP_DEBUG}
  mode: {type: string, default: fast, choices: [fast, safe]}
  tags: {type: list, default: [a]}
  more: {type: map}
  password: {type: secret, generate: {length: 20}, env: APP_PASSWORD}
"""


def settings_of(project="name: lake\n", environ=None, *sets, package=APP):
    made = stack(project, [package], environ=environ, options=Options(sets=sets))
    return made.services["my-app"].settings


def test_settings_have_defaults():
    assert settings_of() == {
        "version": "1.0", "workers": 2, "ratio": None, "debug": False, "mode": "fast",
        "tags": ["a"], "more": None, "password": "${PHLO_SECRET_MY_APP_PASSWORD}",
    }  # fmt: skip


def test_settings_from_every_side():
    project = "name: lake\nservices: {my-app: {settings: {workers: 4, tags: [b], more: {x: 1}}}}\n"
    environ = {"APP_VERSION": "1.10", "APP_DEBUG": "true",
               "PHLO_SET__services__my_app__settings__ratio": "0.5", "OTHER": "x"}  # fmt: skip
    found = settings_of(project, environ, "services.my-app.settings.mode=safe")
    assert found["version"] == "1.10"
    assert found["debug"] is True
    assert (found["workers"], found["ratio"], found["mode"]) == (4, 0.5, "safe")
    assert (found["tags"], found["more"]) == (["b"], {"x": 1})


def test_a_null_gives_a_setting_its_default_back():
    first = "name: lake\nservices: {my-app: {settings: {workers: 4}}}\n"
    made = stack([first, "services: {my-app: {settings: {workers: null}}}\n"], [APP])
    assert made.services["my-app"].settings["workers"] == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [("workers", "many"), ("workers", "true"), ("ratio", "[1]"), ("debug", "perhaps"),
     ("tags", "x"), ("more", "[1]"), ("version", "[1]")],
)  # fmt: skip
def test_settings_of_the_wrong_type(name, value):
    with pytest.raises(WrongType) as caught:
        settings_of(f"name: lake\nservices:\n  my-app:\n    settings: {{{name}: {value}}}\n")
    assert caught.value.where.line == 4


def test_other_faults_of_settings():
    with pytest.raises(UnknownKey) as caught:
        settings_of("name: lake\nservices: {my-app: {settings: {wrkers: 1}}}\n")
    assert "rename it to 'workers'" in caught.value.fix.text
    with pytest.raises(Exception, match="one of fast, safe"):
        settings_of("name: lake\nservices: {my-app: {settings: {mode: slow}}}\n")


def test_settings_are_given_to_the_service_by_their_variables():
    made = stack("name: lake\n", [APP], environ={"APP_DEBUG": "true"})
    found = {name: leaf.value for name, leaf in made.services["my-app"].environment.items()}
    assert found["APP_VERSION"] == "1.0"
    assert found["APP_DEBUG"] == "true"
    assert found["APP_PASSWORD"] == "${PHLO_SECRET_MY_APP_PASSWORD}"


def test_a_secret_that_is_given_is_not_made_and_never_shown():
    made = stack("name: lake\n", [APP], environ={"APP_PASSWORD": "*s3cret"})
    (need,) = made.secrets
    assert (need.name, need.given, need.length) == ("MY_APP_PASSWORD", "*s3cret", 20)
    assert "s3cret" not in repr(need)
    assert str(need.origin) == "APP_PASSWORD"
    assert need.reference == "${PHLO_SECRET_MY_APP_PASSWORD}"
    environment = made.services["my-app"].environment
    assert all("s3cret" not in str(leaf.value) for leaf in environment.values())


def test_a_secret_that_nobody_can_make():
    given = APP.replace("generate: {length: 20}, ", "")
    with pytest.raises(MissingSecret) as caught:
        settings_of(package=given)
    assert "APP_PASSWORD=..." in caught.value.fix.text
    assert settings_of(environ={"APP_PASSWORD": "x"}, package=given)


def test_declared_variables_set_ports_and_others_do_not_leak():
    made = stack("name: lake\n", [APP], environ={
        "MY_APP_PORT": "8081", "PHLO_PORT_MY_APP_ADMIN": "8082", "HOME": "/x", "SECRET": "y",
    })  # fmt: skip
    ports = made.services["my-app"].ports
    assert (ports["http"].host, ports["admin"].host) == (8081, 8082)
    assert not {"HOME", "SECRET"} & set(made.services["my-app"].environment)


def test_inside_a_service_its_variables_are_addresses_and_set_nothing():
    made = stack("name: lake\n", [APP], environ={"MY_APP_PORT": "8081", "PHLO_SERVICE": "other"})
    assert made.services["my-app"].ports["http"].host == 80


def test_a_variable_that_hides_what_phlo_yaml_says_is_told():
    variables = {
        "MY_APP_PORT": Variable("MY_APP_PORT", "9090", Where(".env", 4, 13)),
        "APP_VERSION": Variable("APP_VERSION", "2.0"),
        "APP_PASSWORD": Variable("APP_PASSWORD", "hidden"),
    }  # fmt: skip
    project = documents(
        "name: lake\nservices:\n  my-app:\n    port: 8081\n"
        "    settings: {version: '1.5', password: mine}\n"
    )
    made = compose_stack(project, installed(APP), Options(), variables, MACHINE)
    assert sorted(made.notes) == [
        "my-app.ports.http.host = 9090 from .env:4:13 (MY_APP_PORT) "
        "overrides phlo.yaml:4:11 (8081)",
        "my-app.settings.password = *** from APP_PASSWORD overrides phlo.yaml:5:42 (***)",
        "my-app.settings.version = 2.0 from APP_VERSION overrides phlo.yaml:5:25 (1.5)",
    ]


def test_options_go_before_variables():
    options = Options(sets=("services.my-app.image=example.org/app:2",), ports=("my-app=91",
                      "my-app.admin=92"))  # fmt: skip
    made = stack("name: lake\n", [APP], environ={"MY_APP_PORT": "80"}, options=options)
    assert made.layered.value(("services", "my-app", "image")) == "example.org/app:2"
    assert {p.name: p.host for p in made.ports} == {"http": 91, "admin": 92}
    leaf = made.layered.leaf(("services", "my-app", "ports", "http", "host"))
    assert (leaf.origin.layer, str(leaf.origin)) == ("command line", "--port my-app")


@pytest.mark.parametrize(
    "options",
    [{"sets": ("x",)}, {"sets": ("=1",)}, {"sets": ("a..b=1",)}, {"ports": ("my-app",)},
     {"ports": ("my-app=x",)}, {"ports": ("=1",)}, {"ports": ("my-app=\u0661",)}],
)  # fmt: skip
def test_options_that_are_none(options):
    with pytest.raises(BadOption):
        stack("name: lake\n", [APP], options=Options(**options))


def test_options_that_set_what_is_not_there():
    with pytest.raises(UnknownService):
        stack("name: lake\n", [APP], options=Options(ports=("my-ap=1",)))
    with pytest.raises(UnknownKey) as caught:
        stack("name: lake\n", [APP], options=Options(sets=("services.my-app.prot=1",)))
    assert str(caught.value.where) == "--set services.my-app.prot"
    with pytest.raises(UnknownKey) as caught:
        stack("name: lake\n", [APP], options=Options(sets=("my-app.port=1",)))
    assert caught.value.fix.text == "'my-app' is a service: write services.my-app"
    with pytest.raises(ErrorGroup):
        stack("name: lake\n", [APP], options=Options(sets=("a=1", "b=2")))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [("null", None), ("", ""), ("[a, b]", "[a, b]"), ("1.10", "1.10"), ("'x'", "x"),
     ("a: b: c", "a: b: c")],
)  # fmt: skip
def test_values_of_set_are_yaml_or_else_texts(value, wanted):
    options = Options(sets=(f"services.my-app.user={value}",))
    if value == "[a, b]":
        with pytest.raises(WrongType):
            stack("name: lake\n", [APP], options=options)
        return
    made = stack("name: lake\n", [APP], options=options)
    leaf = made.layered.leaf(("services", "my-app", "user"))
    assert (leaf.value if leaf else None) == wanted


def test_a_variable_of_a_package_sets_its_service_and_no_further_instance():
    project = "name: lake\nservices: {second: {extends: my-app}}\n"
    made = stack(project, [APP], environ={"APP_VERSION": "2.0", "SECOND_PORT": "82"})
    assert made.services["my-app"].settings["version"] == "2.0"
    assert made.services["second"].settings["version"] == "1.0"
    assert made.services["second"].ports["http"].host == 82
    assert made.services["second"].environment["APP_VERSION"].value == "1.0"
    assert {need.name for need in made.secrets} == {"MY_APP_PASSWORD", "SECOND_PASSWORD"}
