from __future__ import annotations

import pytest

from phlo.compose.files import fill_template
from phlo.compose.render import render
from phlo.errors.config import UnreadableFile
from phlo.errors.wiring import TemplateFailed
from phlo.model.stack import RenderedFile
from phlo.testing.composing import stack

NESSIE = """
name: nessie
default: true
image: example.org/nessie:1
ready: started
ports: {api: {container: 19120, host: 19120, primary: true, protocol: http}}
settings: {password: {type: secret, generate: {length: 32}}}
provides: [{capability: iceberg.catalog/rest, properties: {password: "{settings.password}"}}]
"""
TRINO = """
name: trino
default: true
ready: started
requires:
  - {capability: "iceberg.catalog/*", as: catalog}
  - {capability: object-store.s3, as: warehouse, optional: true}
native: {processes: {main: {command: [trino]}}}
files: [{template: files/lake.j2, dest: /etc/lake.properties}]
"""
TEMPLATE = """uri={{ catalog.url }}
{% if warehouse %}
s3={{ warehouse.endpoint }}
{% endif %}
home={{ home }}
"""
FILES = {"/site/phlo_trino/files/lake.j2": TEMPLATE, "/home/ann/lake/mine.j2": "{{ settings }}"}


def files(project="name: lake\n", trino=TRINO, texts=FILES):
    def read(path):
        if path not in texts:
            raise FileNotFoundError(2, "No such file or directory", path)
        return texts[path]

    return render(stack(project, [NESSIE, trino]), read).files


def test_a_template_of_a_package():
    assert files() == {
        ".phlo/native/trino/etc/lake.properties": RenderedFile(
            "uri=http://127.0.0.1:19120\nhome=/home/ann/lake/.phlo/native/trino\n"
        )
    }


def test_a_file_of_a_person_replaces_or_adds():
    project = """
    name: lake
    services:
      trino:
        files:
          /etc/lake.properties: {template: mine.j2}
          /etc/../../other: {content: "x=1", mode: 0640}
          /etc/gone: null
    """
    assert files(project) == {
        ".phlo/native/trino/etc/lake.properties": RenderedFile("{}"),
        ".phlo/native/trino/etc/other": RenderedFile("x=1", 0o640),
    }
    project = "name: lake\nservices: {trino: {files: {/etc/lake.properties: null}}}\n"
    assert files(project) == {}


def test_a_file_with_a_secret_is_for_its_owner_alone():
    texts = {"/site/phlo_trino/files/lake.j2": "{{ catalog.password }}"}
    (file,) = files(texts=texts).values()
    assert file == RenderedFile("${PHLO_SECRET_NESSIE_PASSWORD}", 0o600)


def test_a_file_of_a_container():
    trino = TRINO.replace("native: {processes: {main: {command: [trino]}}}", "image: x:1")
    assert set(files(trino=trino)) == {".phlo/config/trino/etc/lake.properties"}


def test_a_template_that_is_not_there():
    with pytest.raises(UnreadableFile, match=r"lake\.j2: No such file"):
        files(texts={})
    with pytest.raises(UnreadableFile):
        render(stack("name: lake\n", [NESSIE, TRINO]))


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("a\n{{ catalogue.url }}", "'catalogue' is undefined", 2),
        ("a\nb\n{{ catalog.ulr }}", "no attribute 'ulr'", 3),
        ("a\n{% if %}", "Expected an expression", 2),
        ("{{ 1 / 0 }}", "division by zero", 1),
        ("{{ ''.__class__.__mro__ }}", "unsafe", 1),
        ("{{ range(1000000) }}", "Range too big", 1),
        ("{{ catalog.update({}) }}", "is unsafe", 1),
    ],
)
def test_a_template_that_fails_is_told_at_its_line(text, words, line):
    with pytest.raises(TemplateFailed, match=words) as caught:
        fill_template(text, "/site/lake.j2", {"catalog": {"url": "x"}})
    assert (caught.value.where.file, caught.value.where.line) == ("/site/lake.j2", line)
    assert caught.value.where.source == text.splitlines()[line - 1]
    assert caught.value.fix.text.endswith("known here: catalog")
