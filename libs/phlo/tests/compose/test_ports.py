from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phlo.compose.ports import Wish, plan_ports
from phlo.errors import Where
from phlo.errors.config import UnknownPort
from phlo.errors.state import PortClaimedTwice, PortInUse
from phlo.model.options import Options
from phlo.testing.composing import MACHINE, stack


def plan(*wishes, taken=(), before=None, strict=False, project="lake"):
    held = {port: f"program {port}" for port in taken}
    return plan_ports(
        wishes, project=project, taken=held.get, before=before or {}, strict=strict
    )  # fmt: skip


def test_free_ports_are_given():
    made = plan(Wish("a.x", 80), Wish("b.x", 81, pinned=True))
    assert made.ports == {"a.x": 80, "b.x": 81}
    assert not made.notes
    assert not made.errors


def test_a_floating_port_moves_out_of_the_way_and_says_so():
    made = plan(Wish("a.x", 8080), taken=[8080])
    assert 18080 <= made.ports["a.x"] < 19080
    assert made.notes == [
        f"'a.x' is at port {made.ports['a.x']}: 8080, its default, is taken by program 8080"
    ]
    assert plan(Wish("a.x", 8080), taken=[8080]).ports == made.ports
    assert plan(Wish("a.x", 8080), taken=[8080], project="other").ports != made.ports


def test_a_floating_port_gives_way_to_a_pinned_one_whatever_their_order():
    made = plan(Wish("a.x", 80), Wish("b.x", 80, pinned=True))
    assert made.ports["b.x"] == 80
    assert made.ports["a.x"] > 10000
    assert "taken by 'b.x'" in made.notes[0]


def test_a_port_stays_where_it_was_while_it_is_free():
    before = {"a.x": 18433}
    assert plan(Wish("a.x", 8080), before=before).ports == before
    assert plan(Wish("a.x", 8080), before=before, taken=[18433]).ports == {"a.x": 8080}


def test_two_pins_are_an_error_with_both_places():
    one, two = Where("phlo.yaml", 4), Where("phlo.yaml", 9)
    made = plan(Wish("a.x", 80, pinned=True, where=one), Wish("b.x", 80, pinned=True, where=two))
    error = made.errors[0]
    assert isinstance(error, PortClaimedTwice)
    assert {str(error.where), str(error.related[0].where)} == {"phlo.yaml:4", "phlo.yaml:9"}


def test_a_pinned_port_that_is_taken_is_an_error_that_names_the_holder():
    made = plan(Wish("a.x", 80, pinned=True), taken=[80])
    assert isinstance(made.errors[0], PortInUse)
    assert any("program 80" in related.message for related in made.errors[0].related)


def test_strict_ports_never_move():
    assert plan(Wish("a.x", 80), taken=[80], strict=True).errors
    made = plan(Wish("a.x", 80), Wish("b.x", 80, pinned=True), strict=True)
    assert isinstance(made.errors[0], PortClaimedTwice)


def test_a_high_port_moves_to_a_low_one():
    made = plan(Wish("a.x", 65000), taken=[65000])
    assert 1024 <= made.ports["a.x"] <= 65535


def test_where_every_port_is_taken_the_plan_still_ends():
    made = plan_ports([Wish("a.x", 80)], project="lake", taken=lambda _: "x", before={})
    assert "a.x" in made.ports


@given(
    st.lists(st.tuples(st.integers(1024, 1040), st.booleans()), max_size=8),
    st.sets(st.integers(1024, 1040)),
)
def test_no_port_is_given_twice_and_none_that_is_taken(wanted, taken):
    wishes = [Wish(f"s{i}.x", port, pinned) for i, (port, pinned) in enumerate(wanted)]
    made = plan(*wishes, taken=taken)
    assert set(made.ports) == {wish.key for wish in wishes}
    if not made.errors:
        given_ports = list(made.ports.values())
        assert len(given_ports) == len(set(given_ports))
        assert not taken & set(given_ports)


TRINO = """
name: trino
default: true
image: example.org/trino:1
ready: started
ports: {http: {container: 8080, host: 8080, primary: true, protocol: http}}
"""
UI = TRINO.replace("trino", "observatory")


def test_two_services_pinned_to_one_port_and_the_fix():
    project = "name: lake\nservices:\n  trino: {port: 8080}\n  observatory: {port: 8080}\n"
    with pytest.raises(PortClaimedTwice) as caught:
        stack(project, [TRINO, UI])
    assert caught.value.exit_code == 7
    assert {str(caught.value.where), str(caught.value.related[0].where)} == {
        "phlo.yaml:3:17", "phlo.yaml:4:23",
    }  # fmt: skip
    fix = caught.value.fix.text.partition("services: ")[2].splitlines()[0]
    moved = stack([project, f"services: {fix}\n"], [TRINO, UI])
    assert len({p.host for p in moved.ports}) == 2


def test_one_pin_shifts_the_default_of_another():
    made = stack("name: lake\nservices: {observatory: {port: 8080}}\n", [TRINO, UI])
    assert made.services["observatory"].ports["http"].host == 8080
    port = made.services["trino"].ports["http"]
    assert port.host is not None
    assert port.host > 18000
    assert (port.wanted, str(port.origin)) == (8080, "auto")
    assert made.layered.value(("services", "trino", "ports", "http", "host")) == port.host
    assert made.floating == {"trino.http": port.host}
    assert len(made.notes) == 1
    kept = replace(MACHINE, ports={"trino.http": 20001})
    again = stack("name: lake\n", [TRINO, UI], machine=kept)
    assert again.services["trino"].ports["http"].host == 20001


def test_ports_of_the_command_line_and_the_environment_are_pinned():
    made = stack("name: lake\n", [TRINO], environ={"TRINO_PORT": "9090"})
    assert made.services["trino"].ports["http"].pinned
    made = stack("name: lake\n", [TRINO], environ={"TRINO_PORT": "9090"},
                 options=Options(ports=("trino=9091",)))  # fmt: skip
    assert made.services["trino"].ports["http"].host == 9091


def test_a_local_process_listens_somewhere_even_if_unpublished():
    native = TRINO + "prefers: native\nnative: {processes: {main: {command: [run]}}}\n"
    project = "name: lake\nservices: {trino: {ports: []}}\n"
    assert stack(project, [native]).services["trino"].ports["http"].host == 8080
    assert stack(project, [TRINO]).services["trino"].ports["http"].host is None


def test_urls_for_people():
    made = stack("name: lake\nservices: {trino: {ports: {http: {bind: 0.0.0.0}}}}\n", [TRINO])
    port = made.services["trino"].ports["http"]
    assert port.url == "http://127.0.0.1:8080"
    assert replace(port, protocol="tcp", bind="10.0.0.1").url == "10.0.0.1:8080"
    assert replace(port, host=None).url is None


def test_a_port_that_the_service_does_not_have():
    project = "name: lake\nservices:\n  trino: {ports: {htp: 81}}\n"
    with pytest.raises(UnknownPort) as caught:
        stack(project, [TRINO])
    assert (caught.value.code, str(caught.value.where)) == ("PHLO-C121", "phlo.yaml:3:24")
    assert caught.value.fix.text == "did you mean 'http'?"
    assert stack(project.replace("htp", "http"), [TRINO])
    new = project.replace("htp: 81", "metrics: {container: 9100, host: 9101}")
    assert stack(new, [TRINO]).services["trino"].ports["metrics"].host == 9101
    assert stack(project.replace("htp", "9100"), [TRINO]).services["trino"].ports["9100"].host == 81
    with pytest.raises(UnknownPort, match="no port named 'main'"):
        stack("name: lake\nservices: {a: {port: 1}}\n",
              ["name: a\ndefault: true\nimage: x:1\nready: started\n"])  # fmt: skip


def test_a_single_port_is_the_primary_one():
    one = TRINO.replace("primary: true, ", "")
    made = stack("name: lake\nservices: {trino: {port: 81}}\n", [one])
    assert {p.name: p.host for p in made.ports} == {"http": 81}
    assert made.services["trino"].primary == made.services["trino"].ports["http"]
