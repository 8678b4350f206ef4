"""Ports: whether one is free, and who has it."""

from __future__ import annotations

import os
import shlex
import socket
import sys

import psutil
import pytest

from phlo.runtime.ports import holder, in_use, is_free, next_free, reserve, taken_by_others

pytestmark = pytest.mark.embedded


#: Linux has all of 127.0.0.0/8; a service that listens everywhere meets a listener at any of it.
ADDRESSES = ["127.0.0.1", "0.0.0.0", *(["127.0.0.2"] if sys.platform == "linux" else [])]


@pytest.fixture(params=ADDRESSES)
def taken(request):
    with socket.create_server((request.param, 0)) as server:
        yield server.getsockname()[1]


def test_a_port_is_taken_at_whichever_address(taken):
    assert not is_free(taken)
    assert holder(taken).pid == os.getpid()


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is no address of this machine")
def test_a_listener_at_another_address_takes_no_port_from_a_process_of_loopback():
    with socket.create_server(("127.0.0.2", 0)) as server:
        assert is_free(server.getsockname()[1], ("127.0.0.1",))


def test_a_port_whose_connections_fade_away_is_free(project):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # this side closes first, so its end stays in TIME_WAIT
        client.close()
    states = {c.status for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port}
    assert psutil.CONN_LISTEN not in states
    assert is_free(port)


def test_a_free_port_is_free_and_held_while_it_is_reserved(project):
    port = project.free_port()
    assert is_free(port)
    assert holder(port) is None
    with reserve([port]):
        assert not is_free(port)
    assert is_free(port)


def test_the_next_free_one_leaves_out_what_is_spoken_for(taken):
    found = next_free(taken)
    assert found is not None
    assert found > taken
    assert next_free(taken, taken=[found]) > found


def test_the_error_says_who_and_how_to_stop_it(project, bystander):
    port = project.free_port()
    other = bystander(sys.executable, "-c", project.LISTENS, str(port))
    project.until(lambda: not is_free(port))
    error = in_use(port, needed_by="db.sql")
    said = [one.message for one in error.related]
    assert said[0] == "needed by: 'db.sql'"
    assert f"(pid {other.pid}, user {other.username()}, since " in said[1]
    assert f"stop it: kill {other.pid}" in error.fix.text
    assert error.fix.command.startswith("phlo services start --port db=")
    assert is_free(int(error.fix.command.rpartition("=")[2]))
    other.kill()
    other.wait(10)
    project.until(lambda: is_free(port))


def test_another_project_is_named_and_our_own_is_no_holder(make_project):
    one, other = make_project("our's"), make_project("other")
    port = one.free_port()
    one.up(one.listener("db", port, environment={"PHLO_PROJECT": "sales"}))
    found = holder(port)
    assert (found.project, found.root) == ("sales", str(one.root))
    assert taken_by_others(one.root)(port) is None
    assert taken_by_others(other.root)(port).startswith(f"phlo project 'sales' ({one.root})")
    assert shlex.split(found.stop) == ["phlo", "-C", str(one.root), "services", "stop"]
