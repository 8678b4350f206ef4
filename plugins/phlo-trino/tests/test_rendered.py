"""What Trino is told of the tables: of every kind of catalog, and of every kind of bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from phlo.compose.render import render
from phlo.model.options import Options
from phlo.pipeline import compose, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Told = Callable[..., dict[str, str]]

OTHERS = ("nessie", "seaweedfs", "minio", "postgres", "dagster", "superset", "observatory")
NESSIE = """
  cat:
    type: external
    provides: [{capability: iceberg.catalog/nessie, priority: 90, properties: {
      url: "http://nessie.example/iceberg", api: "http://nessie.example/api/v2", warehouse: lake}}]
"""


@pytest.fixture
def rendered(tmp_path: Path) -> Callable[..., dict[str, str]]:
    def rendered(more: str = "", trino: str = "{runtime: docker}") -> dict[str, str]:
        off = "".join(f"  {one}: {{enabled: false}}\n" for one in OTHERS)
        text = f"name: lake\nservices:\n  trino: {trino}\n{off}{more.lstrip(chr(10))}"
        (tmp_path / "phlo.yaml").write_text(text)
        stack = compose(tmp_path, Options(), {}, is_engine_assumed=True)
        made = render(stack, text_of)
        return {path: file.text for path, file in made.files.items()}

    return rendered


@pytest.fixture
def told(rendered: Callable[..., dict[str, str]]) -> Told:
    def told(more: str = "") -> dict[str, str]:
        text = rendered(more)[".phlo/config/trino/etc/trino/catalog/lake.properties"]
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        return {key: value for key, _, value in (line.partition("=") for line in lines)}

    return told


def bucket(**properties: str) -> str:
    said = "".join(f'      {key}: "{value}"\n' for key, value in properties.items())
    return f"  mine:\n    type: external\n    provides: object-store.s3\n    properties:\n{said}"


def s3(found: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in found.items() if key.startswith("s3.")}


def test_the_embedded_catalog_is_read_by_phlo_api_with_a_token(told: Told) -> None:
    found = told()
    assert found["iceberg.catalog.type"] == "rest"
    assert found["iceberg.rest-catalog.uri"].endswith("/iceberg/main")
    assert found["iceberg.rest-catalog.oauth2.token"] == "${ENV:PHLO_CATALOG_TOKEN}"
    assert (found["fs.native-local.enabled"], found["local.location"]) == ("true", "/")
    assert "fs.native-s3.enabled" not in found


def test_nessie_is_read_by_its_rest_catalog_where_there_is_a_bucket(told: Told) -> None:
    found = told(NESSIE + bucket(endpoint="http://store.example:1", bucket="b", user="u"))
    assert found["iceberg.rest-catalog.uri"] == "http://nessie.example/iceberg/main"
    assert found["iceberg.rest-catalog.warehouse"] == "lake"
    assert "iceberg.rest-catalog.security" not in found


def test_nessie_is_read_by_its_own_interface_where_there_is_none(told: Told) -> None:
    found = told(NESSIE)
    assert found["iceberg.catalog.type"] == "nessie"
    assert found["iceberg.nessie-catalog.uri"] == "http://nessie.example/api/v2"
    assert found["iceberg.nessie-catalog.default-warehouse-dir"].endswith("/.phlo/lake/warehouse")
    assert not [key for key in found if key.startswith("iceberg.rest-catalog")]


def test_a_server_of_ones_own(told: Told) -> None:
    found = s3(told(bucket(endpoint="http://store.example:1", bucket="b", user="u", password="p")))
    assert found == {
        "s3.endpoint": "http://store.example:1", "s3.region": "us-east-1",
        "s3.path-style-access": "true", "s3.aws-access-key": "${ENV:PHLO_WAREHOUSE_USER}",
        "s3.aws-secret-key": "${ENV:PHLO_WAREHOUSE_PASSWORD}",
    }  # fmt: skip


def test_aws_has_no_endpoint_and_its_buckets_have_names(told: Told) -> None:
    found = s3(told(bucket(endpoint="", bucket="b", region="eu-west-1", user="u", password="p")))
    assert "s3.endpoint" not in found
    assert (found["s3.region"], found["s3.path-style-access"]) == ("eu-west-1", "false")
    named = bucket(endpoint="http://x.example", bucket="b", path_style="false", user="u")
    assert s3(told(named))["s3.path-style-access"] == "false"


def test_without_keys_it_has_what_the_machine_has(
    told: Told, rendered: Callable[..., dict[str, str]]
) -> None:
    plain = s3(told(bucket(endpoint="", bucket="b", user="", password="")))
    assert plain == {"s3.region": "us-east-1", "s3.path-style-access": "false"}
    role = "arn:aws:iam::1:role/reader"
    found = told(bucket(endpoint="", bucket="b", user="", role_arn=role))
    assert found["s3.iam-role"] == role
    jvm = ".phlo/config/trino/etc/trino/jvm.config"
    assert "-Daws.profile=work" in rendered(bucket(endpoint="", bucket="b", profile="work"))[jvm]
    keys = bucket(endpoint="", bucket="b", profile="work", user="u", password="p")
    assert "aws.profile" not in rendered(keys)[jvm]
    assert "s3.iam-role" not in told(keys + f"      role_arn: {role}\n")


def test_what_is_secret_is_in_no_file(rendered: Callable[..., dict[str, str]]) -> None:
    files = rendered(
        bucket(endpoint="http://x.example", bucket="b", user="u", password="very-secret"),
        trino="{runtime: docker, settings: {workers: 1, shared_secret: most-secret}}",
    )
    assert "trino-worker-1" in str(list(files))
    for text in files.values():
        assert "very-secret" not in text
        assert "most-secret" not in text


def test_memory_is_what_the_container_has(rendered: Callable[..., dict[str, str]]) -> None:
    def jvm(trino: str) -> str:
        return rendered(trino=trino)[".phlo/config/trino/etc/trino/jvm.config"]

    assert "-Xmx2g" in jvm("{runtime: docker}")
    limited = jvm("{runtime: docker, resources: {memory: 4GiB}}")
    assert "-Xmx" not in limited
    assert "-XX:MaxRAMPercentage=80" in limited
    assert "-Xmx3g" in jvm("{runtime: docker, settings: {heap: 3g}, resources: {memory: 4GiB}}")
