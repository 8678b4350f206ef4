"""The catalog as phlo-api serves it: who may ask, by which address, and what is passed on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pyarrow as pa
import pytest
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.exceptions import OAuthError, UnauthorizedError

from phlo.lakehouse.bucket import S3, Bucket
from phlo.lakehouse.lake import Lake
from phlo.lakehouse.rest.http import Request
from phlo.plugins.base import Provision, Told
from phlo_api.consumers import Consumers
from phlo_api.errors import NotAdmitted
from phlo_api.iceberg import open_catalog
from phlo_api.plugin import PhloApiService
from phlo_api.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from phlo.testing.folder import ProjectFolder

    NewProject = Callable[[Path], ProjectFolder]
    Serve = Callable[..., AbstractContextManager[str]]

CONSUMER = "a-token-that-only-one-service-knows"


@pytest.fixture(scope="module")
def served(
    serve: Serve, new_project: NewProject, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    folder = new_project(tmp_path_factory.mktemp("iceberg") / "lake")
    with serve(folder.root) as url:
        yield url, folder.root


@pytest.fixture
def admitted(served: tuple[str, Path], token: str) -> str:
    host, port = served[0].removeprefix("http://").split(":")
    wanted = Provision("trino", "catalog", {}, {"token": CONSUMER})
    PhloApiService().provision(host, int(port), {"token": token}, [wanted])
    return CONSUMER


def get(url: str, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"{url}/iceberg/{path}", headers=headers)


def test_without_a_token_nothing_is_answered(served: tuple[str, Path], token: str) -> None:
    url, _ = served
    wrong = ("", f"Basic {token}", "Bearer x", f"Bearer {token}x", token, "Bearer \xe9")
    for authorization in wrong:
        for path in ("main/v1/config", "v1/config", "nothing/v1/namespaces", "x"):
            header = {"authorization": authorization.encode("latin-1")}
            answer = httpx.get(f"{url}/iceberg/{path}", headers=header)
            assert answer.status_code == 401, (authorization, path)
            assert answer.json()["error"]["type"] == "NotAuthorizedException"


def test_a_browser_that_is_logged_in_is_no_engine(served: tuple[str, Path], token: str) -> None:
    url, _ = served
    headers = {"authorization": f"Bearer {token}"}
    link = httpx.post(f"{url}/api/v1/auth/links", headers=headers).json()["path"]
    with httpx.Client(headers={"x-phlo-csrf": "1"}) as browser:
        body = {"token": link.rpartition("=")[2]}
        assert browser.post(f"{url}/api/v1/auth/exchange", json=body).status_code == 200
        assert browser.get(f"{url}/api/v1/meta").status_code == 200
        assert browser.get(f"{url}/iceberg/main/v1/config").status_code == 401


def test_a_service_asks_by_a_token_of_its_own(
    served: tuple[str, Path], serve: Serve, admitted: str, token: str
) -> None:
    url, root = served
    # By the name that containers have for this machine, too.
    answer = get(url, "main/v1/config", authorization=f"Bearer {admitted}", host="phlo-host:4000")
    assert answer.status_code == 200
    assert "POST /v1/{prefix}/transactions/commit" in answer.json()["endpoints"]
    # For the catalog only: it opens nothing else.
    mine = {"authorization": f"Bearer {admitted}", "x-phlo-csrf": "1"}
    assert httpx.get(f"{url}/api/v1/meta", headers=mine).status_code == 401
    body = {"name": "me", "token": "another-token-for-myself"}
    path = f"{url}/api/v1/catalog/consumers"
    assert httpx.post(path, headers=mine, json=body).status_code == 401
    kept = root / ".phlo" / "state" / "catalog-consumers.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert admitted not in kept.read_text()
    # Another start of phlo-api knows it, and a new token of the service ends the old one.
    with serve(root) as again:
        assert get(again, "v1/config", authorization=f"Bearer {admitted}").status_code == 200
        headers = {"authorization": f"Bearer {token}"}
        new = {"name": "trino/catalog", "token": "a-later-token-of-the-same-service"}
        done = httpx.post(f"{again}/api/v1/catalog/consumers", headers=headers, json=new)
        assert done.status_code == 204
        assert get(again, "v1/config", authorization=f"Bearer {admitted}").status_code == 401
        assert get(again, "v1/config", authorization=f"Bearer {new['token']}").status_code == 200


def test_a_service_is_told_its_own_keys_of_the_bucket(tmp_path: Path, token: str) -> None:
    ours = S3("lake", "http://127.0.0.1:8333", user="lake-warehouse", password="the-lake's")
    consumers = Consumers(tmp_path, token)
    catalog = open_catalog(
        Lake(tmp_path / "lake", Bucket(ours)), Settings(tmp_path, token), consumers
    )
    store = {"endpoint": "http://seaweedfs:8333", "bucket": "lake", "user": "trino-warehouse",
             "password": "trino's"}  # fmt: skip
    consumers.admit("trino/catalog", CONSUMER, [{**store, "bucket": "other", "user": "x"}, store])
    consumers.admit("other/catalog", f"{CONSUMER}-2", [{**store, "bucket": "other"}])

    def told(consumer: str) -> tuple[str, str, str]:
        wanted = {"x-iceberg-access-delegation": "vended-credentials"}
        answer = catalog.answer(Request("GET", "/v1/config", headers=wanted), "main", consumer)
        keys = json.loads(answer.body)["defaults"]
        return keys["s3.endpoint"], keys["s3.access-key-id"], keys["s3.secret-access-key"]

    # With the address as it is seen from where the service runs.
    assert told("trino/catalog") == ("http://seaweedfs:8333", "trino-warehouse", "trino's")
    # Who has none for the lake's bucket could read no file; the owner's token has the lake's.
    for other in ("other/catalog", "admin"):
        assert told(other) == ("http://127.0.0.1:8333", "lake-warehouse", "the-lake's")
    # The next start of phlo-api knows them.
    assert Consumers(tmp_path, token).stores_of("trino/catalog")[1] == store


def test_keys_are_told_with_the_token(served: tuple[str, Path], token: str) -> None:
    url, root = served
    host, port = url.removeprefix("http://").split(":")
    store = Told("object-store.s3", {"user": "spark-warehouse", "bucket": "lake"})
    wanted = Provision("spark", "catalog", {}, {"token": f"{CONSUMER}-3"},
                       [Told("sql.database", {"user": "spark-store"}), store])  # fmt: skip
    PhloApiService().provision(host, int(port), {"token": token}, [wanted])
    known = Consumers(root / ".phlo" / "state", token)
    assert known.stores_of("spark/catalog") == [store.properties]


def test_who_cannot_be_let_in_is_told(served: tuple[str, Path]) -> None:
    host, port = served[0].removeprefix("http://").split(":")
    wanted = Provision("trino", "catalog", {}, {"token": CONSUMER})
    with pytest.raises(NotAdmitted, match="trino"):
        PhloApiService().provision(host, int(port), {"token": "wrong"}, [wanted])


def test_clients_that_only_know_oauth_get_in(served: tuple[str, Path], token: str) -> None:
    url, _ = served
    server = {"oauth2-server-uri": f"{url}/iceberg/main/v1/oauth/tokens"}
    address = {"uri": f"{url}/iceberg/main", **server}
    catalog = RestCatalog("lake", credential=f"phlo:{token}", **address)
    catalog.create_namespace("by_oauth")
    assert ("by_oauth",) in catalog.list_namespaces()
    with pytest.raises((OAuthError, UnauthorizedError)):
        RestCatalog("lake", credential="phlo:wrong", **address)
    path = f"{url}/iceberg/v1/oauth/tokens"
    told = httpx.post(path, auth=("phlo", token), data={"grant_type": "client_credentials"})
    assert told.json()["access_token"] == token
    renewed = httpx.post(path, data={"subject_token": token})
    assert renewed.json()["access_token"] == token
    for bad in (b"", b"\xff\xfe", b"client_secret=wrong", b"&" * 50):
        assert httpx.post(path, content=bad).status_code == 401


def test_a_ref_has_an_address_of_its_own(served: tuple[str, Path], token: str) -> None:
    url, root = served
    lake = Lake(root / ".phlo" / "lake")
    lake.create()
    lake.create_branch("fix/late")
    lake.create_branch("v1")
    rows = pa.table({"id": [1]})
    for number, part in enumerate(("fix~late", "v1", "main")):
        catalog = RestCatalog("lake", uri=f"{url}/iceberg/{part}", token=token)
        catalog.create_namespace("refs")
        catalog.create_table(f"refs.t{number}", rows.schema).append(rows)
    assert lake.tables("fix/late") == ("refs.t0",)
    assert lake.tables("v1") == ("refs.t1",)
    assert "refs.t2" in lake.tables()
    assert RestCatalog("x", uri=f"{url}/iceberg", token=token).table_exists("refs.t2")
    answer = get(url, "nothing/v1/config", authorization=f"Bearer {token}")
    assert answer.status_code == 404
    assert "'nothing'" in answer.json()["error"]["message"]


def test_names_with_a_slash_come_through(served: tuple[str, Path], token: str) -> None:
    url, _ = served
    catalog = RestCatalog("lake", uri=f"{url}/iceberg/main", token=token)
    rows = pa.table({"id": [1]})
    catalog.create_namespace(("a/b", "c.d"))
    catalog.create_table(("a/b", "c.d", "e f/ü"), rows.schema).append(rows)
    assert catalog.list_tables(("a/b", "c.d")) == [("a/b", "c.d", "e f/ü")]
    assert catalog.load_table(("a/b", "c.d", "e f/ü")).scan().to_arrow() == rows


def test_a_body_that_is_too_large_is_refused(served: tuple[str, Path], token: str) -> None:
    url, _ = served
    headers = {"authorization": f"Bearer {token}"}
    path = f"{url}/iceberg/main/v1/namespaces"
    answer = httpx.post(path, headers=headers, content=b" " * (65 * 1024 * 1024))
    assert answer.status_code == 400
    assert "too large" in answer.json()["error"]["message"]


def test_what_the_project_says_of_its_tables_is_told(
    serve: Serve, new_project: NewProject, tmp_path: Path, token: str
) -> None:
    folder = new_project(tmp_path / "lake")
    outside = tmp_path / "outside"
    environ = {
        "PHLO_CATALOG_PROPERTIES": '{"table-default.owner": "shop", "x": "y"}',
        "PHLO_CATALOG_LOCATIONS": f'["{outside}"]',
    }
    with serve(folder.root, **environ) as url:
        catalog = RestCatalog("lake", uri=f"{url}/iceberg/main", token=token)
        assert catalog.properties["x"] == "y"
        catalog.create_namespace("raw")
        schema = pa.schema([("id", pa.int64())])
        table = catalog.create_table("raw.t", schema, location=str(outside / "t"))
        assert table.properties["owner"] == "shop"
        table.append(pa.table({"id": [1]}))
        assert (outside / "t" / "data").is_dir()
