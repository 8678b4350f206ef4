"""Short forms, and the errors of every wrong one."""

from __future__ import annotations

import pytest

from phlo.compose.canonical import canonical_project
from phlo.model.layers import REPLACE, leaves, plain
from phlo.model.yaml_text import parse_yaml
from phlo.testing.composing import definition

APP = definition("""
name: app
image: example.org/app:1
ports:
  api: {container: 9000, host: 9000, primary: true}
  console: {container: 9001}
settings: {version: {type: string, default: 1.10}}
""")


def read(body):
    layer, errors = canonical_project(
        parse_yaml(f"services:\n  app: {body}\n", "phlo.yaml"), "phlo.yaml", {"app": APP}
    )
    services = layer.tree.get("services", {})
    return services.get("app", {}), errors


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("", {}),
        ("{x-mine: 1}", {}),
        ("{enabled: true}", {"enabled": True}),
        ("{environment: [A=1, 'B=x=y', C]}",
         {"environment": {"A": "1", "B": "x=y", "C": "${C}"}}),
        ("{environment: {A: null, B: 1.10}}", {"environment": {"B": "1.10"}}),
        ("{labels: {a.b: true}}", {"labels": {"a.b": "true"}}),
        ("{port: 9100}", {"ports": {"api": {"host": 9100}}}),
        ("{port: 9100, ports: {api: {bind: 0.0.0.0}}}",
         {"ports": {"api": {"host": 9100, "bind": "0.0.0.0"}}}),
        ("{ports: {api: 1}, port: 2}", {"ports": {"api": {"host": 1}}}),
        ("{ports: {9001: 9101}}", {"ports": {"console": {"host": 9101}}}),
        ("{ports: ['0.0.0.0:1:9000', 53/udp, '[::1]:8:9001']}",
         {"ports": {"api": {"container": 9000, "host": 1, "bind": "0.0.0.0"},
                    "53/udp": {"container": 53, "host": 53, "protocol": "udp"},
                    "console": {"container": 9001, "host": 8, "bind": "::1"}}}),
        ("{volumes: {/a: ./x, /b: {source: y, read_only: true}, /c: null}}",
         {"volumes": {"/a": {"source": "./x"}, "/b": {"source": "y", "read_only": True}}}),
        ("{volumes: ['data:/data:rw']}", {"volumes": {"/data": {"source": "data"}}}),
        ("{depends_on: {db: null, c: {condition: healthy}}}",
         {"depends_on": {"c": {"condition": "healthy"}}}),
        ("{command: run it}", {"command": "run it"}),
        ("{command: [run, 1.10]}", {"command": ["run", "1.10"]}),
        ("{build: .}", {"build": {"context": "."}}),
        ("{ready: started}", {"ready": {"started": True}}),
        ("{ready: {timeout: 1m30s}}", {"ready": {"timeout": "1m30s"}}),
        ("{files: [{template: a.j2, dest: /etc/a}]}", {"files": {"/etc/a": {"template": "a.j2"}}}),
        ("{files: {/etc/a: {content: x}}}", {"files": {"/etc/a": {"content": "x"}}}),
        ("{settings: {version: 1.10, deep: {a: [1, {b: 2}]}}}",
         {"settings": {"version": "1.10", "deep": {"a": [1, {"b": 2}]}}}),
        ("{native: {program: self, processes: {main: {command: [x]}}, init: [[a, b]]}}",
         {"native": {"program": {"self": True}, "processes": {"main": {"command": ["x"]}},
                     "init": [("a", "b")]}}),
        ("{native: {program: {path: prometheus, hint: x}}}",
         {"native": {"program": {"path": "prometheus", "hint": "x"}}}),
        ("{resources: {memory: 2GiB, cpus: 1.50}}",
         {"resources": {"memory": "2GiB", "cpus": "1.50"}}),
        ("{restart: no}", {"restart": "no"}),
        ("{port: null}", {"ports": {}}),
        ("{ports: null}", {}),
        ("{ports: {console: null}, port: 1}", {"ports": {"api": {"host": 1}}}),
        ("{ports: null, port: 1}", {}),
        ("{healthcheck: {x-mine: 1, test: x}}", {"healthcheck": {"test": "x"}}),
        ("{build: {context: a, args: {A: 1}}}", {"build": {"context": "a", "args": {"A": "1"}}}),
    ],
)  # fmt: skip
def test_short_forms(body, wanted):
    tree, errors = read(body)
    assert errors == []
    assert plain(tree) == wanted


@pytest.mark.parametrize("body", ["{profiles: {$append: [x], $remove: [y]}}",
                                  "{settings: {list: {$prepend: [x]}}}"])  # fmt: skip
def test_list_operators(body):
    tree, errors = read(body)
    assert errors == []
    assert [leaf.value.append + leaf.value.prepend for _, leaf in leaves(tree)] == [("x",)]


@pytest.mark.parametrize(
    "body", ["{environment: {$replace: true}}", "{ports: {$replace: true}}",
             "{healthcheck: {$replace: true}}", "{depends_on: [db]}", "{ports: []}",
             "{settings: {$replace: true}}", "{volumes: {$replace: true}}"],
)  # fmt: skip
def test_what_replaces(body):
    tree, errors = read(body)
    assert errors == []
    assert REPLACE in next(iter(tree.values()))


@pytest.mark.parametrize(
    ("body", "code", "place", "words"),
    [
        ("{environmnt: {}}", "PHLO-C104", "2:9", "rename it to 'environment'"),
        ("{settings: {}, zzz: 1}", "PHLO-C104", "2:23", "remove it, or prefix it with 'x-'"),
        ("{healthcheck: {restart: no}}", "PHLO-C104", "2:23", "'restart' is a service key"),
        ("{sql: {}}", "PHLO-C104", "2:9", "key of the whole project"),
        ("{version: 2}", "PHLO-C104", "2:9", "write it under 'settings:'"),
        ("{requires: []}", "PHLO-C104", "2:9", "remove it"),
        ('{enabled: "false"}', "PHLO-C106", "2:18", "enabled: false"),
        ("{enabled: yes}", "PHLO-C106", "2:18", "enabled: true"),
        ("{enabled: 1}", "PHLO-C105", "2:18", "true or false"),
        ("{enabled: []}", "PHLO-C105", "2:18", "true or false"),
        ("{port: many}", "PHLO-C105", "2:15", "a port"),
        ("{port: true}", "PHLO-C105", "2:15", "a port"),
        ("{port: 70000}", "PHLO-C109", "2:15", "a port"),
        ("{port: 0}", "PHLO-C109", "2:15", "a port"),
        ("{port: []}", "PHLO-C105", "2:15", "a port"),
        ("{ports: 80}", "PHLO-C105", "2:16", "a map of port names"),
        ("{ports: [a]}", "PHLO-C105", "2:17", "host:container"),
        ("{ports: ['1:99999']}", "PHLO-C105", "2:17", "host:container"),
        ("{ports: [{a: 1}]}", "PHLO-C105", "2:17", "host:container"),
        ("{ports: {api: x}}", "PHLO-C105", "2:22", "a port"),
        ("{ports: {api: {hots: 1}}}", "PHLO-C104", "2:23", "rename it to 'host'"),
        ("{environment: 5}", "PHLO-C105", "2:22", "a map of names"),
        ("{environment: [{a: 1}]}", "PHLO-C105", "2:23", "NAME=value"),
        ("{environment: {A: [1]}}", "PHLO-C105", "2:26", "a text"),
        ("{environment: {$replace: 1}}", "PHLO-C113", "2:23", "$replace"),
        ("{profiles: x}", "PHLO-C105", "2:19", "a list"),
        ("{profiles: {$add: [x]}}", "PHLO-C113", "2:20", "$append"),
        ("{profiles: {$append: x}}", "PHLO-C105", "2:29", "a list"),
        ("{command: {a: 1}}", "PHLO-C105", "2:18", "a list of arguments"),
        ("{command: [[a]]}", "PHLO-C105", "2:18", "a list of arguments"),
        ("{volumes: x}", "PHLO-C105", "2:18", "a list of source:path"),
        ("{volumes: [/data]}", "PHLO-C105", "2:19", "source:path"),
        ("{volumes: ['a:/b:xx']}", "PHLO-C105", "2:19", "source:path"),
        ("{volumes: {/a: [1]}}", "PHLO-C105", "2:23", "a map"),
        ("{depends_on: [[a]]}", "PHLO-C105", "2:22", "the name of a service"),
        ("{depends_on: x}", "PHLO-C105", "2:21", "a list of services"),
        ("{depends_on: {db: {condition: soon}}}", "PHLO-C109", "2:38", "one of started"),
        ("{healthcheck: x}", "PHLO-C105", "2:22", "a map"),
        ("{healthcheck: {interval: soon}}", "PHLO-C105", "2:33", "a duration"),
        ("{resources: {memory: lots}}", "PHLO-C105", "2:29", "a size"),
        ("{settings: x}", "PHLO-C105", "2:19", "a map"),
        ("{files: [{template: x}]}", "PHLO-C105", "2:17", "dest"),
        ("{files: x}", "PHLO-C105", "2:16", "a list of {template"),
        ("{type: mine}", "PHLO-C109", "2:15", "one of inline"),
        ("{extends: ' '}", "PHLO-C108", "2:18", "letters"),
        ("{native: {init: x}}", "PHLO-C105", "2:24", "a list of commands"),
        ("{native: {init: [x]}}", "PHLO-C105", "2:25", "item 1 of 'init' must be a list"),
        ("{native: {program: {pth: x}}}", "PHLO-C104", "2:28", "rename it to 'path'"),
        ("{provides: [1]}", "PHLO-C105", "2:20", "a map"),
        ("{build: [x]}", "PHLO-C105", "2:16", "a folder, or a map"),
        ("{native: {program: [x]}}", "PHLO-C105", "2:27", "self, or a map"),
        ("{files: {/a: {mode: lots}}}", "PHLO-C105", "2:28", "a file mode"),
        ("{ports: {$replace: 1}}", "PHLO-C113", "2:17", "$replace"),
        ("[]", "PHLO-C105", "2:8", "a map of service keys"),
    ],
)
def test_wrong_forms_are_told_at_their_place(body, code, place, words):
    _, errors = read(body)
    assert [e.code for e in errors] == [code]
    assert str(errors[0].where) == f"phlo.yaml:{place}"
    assert words in errors[0].fix.text + errors[0].message
    assert errors[0].fix.text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[]", "PHLO-C105"),
        ("services: []", "PHLO-C105"),
        ("services: {Bad Name: {}}", "PHLO-C108"),
        ("services: {$replace: true}", "PHLO-C108"),
        ("environments: []", "PHLO-C105"),
        ("environments: {prod: 1}", "PHLO-C105"),
        ("sevices: {}", "PHLO-C104"),
        ("port: 1", "PHLO-C104"),
        ("name: []", "PHLO-C105"),
        ("sql: {dialct: x}", "PHLO-C104"),
    ],
)
def test_wrong_forms_of_the_project(text, code):
    _, errors = canonical_project(parse_yaml(text, "phlo.yaml"), "phlo.yaml", {})
    assert [e.code for e in errors] == [code]


@pytest.mark.parametrize("text", ["", "x-a: 1", "services:", "environments:", "services: {x-a: 1}",
                                  "environments: {prod: }"])  # fmt: skip
def test_empty_forms_of_the_project(text):
    _, errors = canonical_project(parse_yaml(text, "phlo.yaml"), "phlo.yaml", {})
    assert errors == []


def test_all_faults_are_told_at_once():
    _, errors = read('{environmnt: {}, enabled: "false", port: many}')
    assert [e.code for e in errors] == ["PHLO-C105", "PHLO-C104", "PHLO-C106"]
