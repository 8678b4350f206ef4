"""A real server on each runtime: its consumers have what is their own, and nothing else."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from phlo.project import Project
from phlo.testing.servers import need_image, port_of, secret, with_consumers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.testing.containers import ContainerProject, Make

IMAGE = "postgres:18-bookworm"
#: Prints who it is, as the variables say that it is told.
ASK = "select current_user || ' ' || current_database()"
PASSWORD = "PGPASSWORD=$PHLO_STORE_PASSWORD"
CLIENT = "psql -w -h $PHLO_STORE_HOST -p $PHLO_STORE_PORT -U $PHLO_STORE_USER"


def with_askers(
    project: ContainerProject, *names: str, services: Mapping[str, Any] | None = None
) -> None:
    with_consumers(
        project, *names, capability="database.postgres", params={"database": "d_NAME"},
        image=IMAGE, more="tmpfs: [/var/lib/postgresql]\n", services=services,
    )  # fmt: skip


def ask(project: ContainerProject, consumer: str, database: str, before: str = PASSWORD) -> str:
    """What the server answers a consumer, by the variables it was given."""
    command = f'{before} {CLIENT} -d {database} -Atc "{ASK}" 2>&1'
    return project.phlo("services", "exec", consumer, "sh", "-c", command).stdout.strip()


@pytest.fixture(scope="module")
def running(make_project: Make) -> ContainerProject:
    project = make_project()
    need_image(IMAGE)
    with_askers(project, "alpha", "beta")
    done = project.up("alpha", "beta")
    assert done.returncode == 0, done.stderr
    assert "'postgres' is taken in" in done.stderr
    return project


@pytest.mark.docker
class TestInAContainer:
    """The order of these tests is that of a person's days with it."""

    def test_it_is_healthy_before_its_consumers_start(self, running: ContainerProject) -> None:
        assert set(running.states().values()) == {"healthy"}
        server, consumer = running.inspect("postgres"), running.inspect("alpha")
        assert server["State"]["Health"]["Status"] == "healthy"
        assert server["State"]["StartedAt"] < consumer["State"]["StartedAt"]

    def test_it_is_reached_from_this_machine(self, running: ContainerProject) -> None:
        port, shown = port_of(running, "postgres"), secret(running, "postgres.password")
        with psycopg.connect(
            host="127.0.0.1", port=port, user="postgres", password=shown, dbname="postgres"
        ) as connection:
            found = connection.execute("select rolname from pg_roles where rolcanlogin").fetchall()
        assert {name for (name,) in found} == {"postgres", "alpha", "beta"}
        for wrong in ("postgres", ""):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(
                    host="127.0.0.1", port=port, user="postgres", password=wrong, dbname="postgres"
                )

    def test_a_function_that_takes_it_gets_a_connection(
        self, running: ContainerProject, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(str(running.site.folder))
        service = Project.open(running.root).service("postgres")
        assert service is not None
        with service.connect() as connection:
            assert connection.execute("select current_user").fetchone() == ("postgres",)

    def test_each_consumer_has_its_own_and_no_other(self, running: ContainerProject) -> None:
        assert ask(running, "alpha", "d_alpha") == "alpha d_alpha"
        assert ask(running, "beta", "d_beta") == "beta d_beta"
        assert "permission denied" in ask(running, "alpha", "d_beta")
        assert "permission denied" in ask(running, "beta", "d_alpha")
        assert "no password supplied" in ask(running, "alpha", "d_alpha", before="")
        taken = f"{PASSWORD} {CLIENT} -d d_alpha -c 'drop role beta; create role x superuser' 2>&1"
        said = running.phlo("services", "exec", "alpha", "sh", "-c", taken).stdout
        assert said.count("permission denied") >= 1

    def test_data_and_passwords_stay_over_a_stop(self, running: ContainerProject) -> None:
        make = f"{PASSWORD} {CLIENT} -d d_alpha -c 'create table t as select 7 as n'"
        running.phlo("services", "exec", "alpha", "sh", "-c", make)
        assert running.phlo("services", "stop").returncode == 0
        assert running.up("alpha", "beta").returncode == 0
        read = f"{PASSWORD} {CLIENT} -d d_alpha -Atc 'select n from t'"
        assert running.phlo("services", "exec", "alpha", "sh", "-c", read).stdout == "7\n"

    def test_wrong_credentials_are_told(self, running: ContainerProject) -> None:
        loop = f"while :; do {PASSWORD} {CLIENT} -d d_alpha -c 'select 1'; sleep 1; done"
        wrong = {
            "alpha": {
                "enabled": True, "environment": {"PHLO_STORE_PASSWORD": "wrong-one"},
                "command": ["sh", "-c", loop.replace("$", "$$")], "ready": {"timeout": "6s"},
                "healthcheck": {"test": ["false"], "interval": "1s", "retries": 1},
            }
        }  # fmt: skip
        running.configure(json.dumps(wrong))
        done = running.phlo("services", "start", "--only", "alpha", "--no-open", "--json")
        [error] = running.errors(done)
        assert (error["code"], done.returncode) == ("PHLO-S612", 9)
        assert "PHLO_STORE_PASSWORD (phlo.yaml:" in error["fix"]["text"]
        with_askers(running, "alpha", "beta")
        assert running.up("alpha", "beta").returncode == 0

    def test_a_parameter_it_does_not_know(self, running: ContainerProject) -> None:
        bad = {"postgres": {"command": ["postgres", "-c", "no_such_setting=1"]}}
        running.configure(json.dumps(bad))
        done = running.phlo("services", "start", "--only", "postgres", "--no-open", "--json")
        [error] = running.errors(done)
        assert (error["code"], done.returncode) == ("PHLO-S613", 9)
        assert 'unrecognized configuration parameter "no_such_setting"' in error["why"]
        with_askers(running, "alpha", "beta")
        assert running.up("alpha", "beta").returncode == 0

    def test_another_password_than_the_datas_is_refused(self, running: ContainerProject) -> None:
        file = running.root / ".phlo" / "state" / "secrets.env"
        right = file.read_text()
        lines = [
            "POSTGRES_PASSWORD=another-one" if x.startswith("POSTGRES_PASSWORD=") else x
            for x in right.splitlines()
        ]
        file.write_text("\n".join(lines) + "\n")
        done = running.phlo("services", "start", "--only", "alpha", "--no-open", "--json")
        [error] = running.errors(done)
        assert (error["code"], done.returncode) == ("PHLO-X303", 7)
        assert f"volume: {running.name}_postgres-data" in error["related"][0]["message"]
        assert "another-one" not in done.stderr
        file.write_text(right)  # the fix `restore the old`
        assert running.up("alpha").returncode == 0
        file.write_text("\n".join(lines) + "\n")
        old = next(x for x in right.splitlines() if x.startswith("POSTGRES_PASSWORD="))
        rotate = ("secrets", "rotate", "postgres.password", "--from-old")
        wrong = running.phlo(*rotate, PHLO_OLD_SECRET="no-such-one")
        assert "password authentication failed" in wrong.stderr
        told = running.phlo(*rotate, PHLO_OLD_SECRET=old.partition("=")[2])  # `keep the data`
        assert told.returncode == 0, told.stderr
        assert running.up("alpha").returncode == 0
        made = running.phlo("secrets", "rotate", "postgres.password")
        assert made.returncode == 0, made.stderr
        again = running.up("alpha")
        assert again.returncode == 0, again.stderr
        file.write_text("\n".join(lines) + "\n")
        assert running.phlo("services", "reset", "postgres", "--yes").returncode == 0
        assert running.up("alpha").returncode == 0  # the fix `start empty`
        assert ask(running, "alpha", "d_alpha") == "alpha d_alpha"


@pytest.mark.embedded
def test_as_a_local_process(reachable: ContainerProject) -> None:
    with_askers(reachable, "alpha", "beta")
    start = ("services", "start", "--no-open", "--runtime", "native")
    done = reachable.phlo(*start, "--only", "alpha", "--only", "beta")
    assert done.returncode == 0, done.stderr
    assert set(reachable.states().values()) == {"healthy"}
    data = reachable.root / ".phlo" / "native" / "postgres" / "data"
    assert data.stat().st_mode & 0o077 == 0
    code = (
        "import os, psycopg; v = os.environ; "
        "c = psycopg.connect(host=v['PHLO_STORE_HOST'], port=v['PHLO_STORE_PORT'], "
        "user=v['PHLO_STORE_USER'], password=v['PHLO_STORE_PASSWORD'], dbname='{}'); "
        'print(*c.execute("' + ASK + '").fetchone())'
    )

    def said(consumer: str, database: str) -> str:
        command = (sys.executable, "-c", code.format(database))
        done = reachable.phlo("services", "exec", consumer, *command)
        return (done.stdout + done.stderr).strip()

    assert said("alpha", "d_alpha") == "alpha d_alpha"
    assert "permission denied" in said("beta", "d_alpha")
    assert reachable.phlo("services", "stop").returncode == 0
    assert reachable.phlo(*start, "--only", "alpha").returncode == 0
    assert said("alpha", "d_alpha") == "alpha d_alpha"


@pytest.mark.docker
def test_a_container_calls_a_local_server(engine: None, reachable: ContainerProject) -> None:
    """By the relay, with the password and not without it."""
    with_askers(reachable, "alpha", services={"postgres": {"runtime": "native"}})
    done = reachable.up("alpha")
    assert done.returncode == 0, done.stderr
    runtimes = {
        one["name"]: one["runtime"] for one in reachable.json("services", "status")["services"]
    }
    assert runtimes == {"postgres": "native", "alpha": "docker"}
    assert ask(reachable, "alpha", "d_alpha") == "alpha d_alpha"
    assert "no password supplied" in ask(reachable, "alpha", "d_alpha", before="")
    assert "authentication failed" in ask(reachable, "alpha", "d_alpha", before="PGPASSWORD=x")
