"""The errors of the runtime: unique codes, in their family, each explained and with a fix."""

from __future__ import annotations

import inspect

import pytest

from phlo.errors import ExitCode, PhloError, lock, runtime, service, state

FAMILIES = {
    lock: ("PHLO-L4", ExitCode.LOCK),
    runtime: ("PHLO-R5", ExitCode.PREREQUISITE),
    service: ("PHLO-S6", ExitCode.SERVICE),
    state: ("PHLO-X3", ExitCode.CONFLICT),
}
CLASSES = [
    (module, one)
    for module in FAMILIES
    for one in vars(module).values()
    if inspect.isclass(one) and issubclass(one, PhloError) and one.__module__ == module.__name__
]


def test_every_code_is_unique():
    codes = [one.code for _, one in CLASSES]
    assert len(codes) == len(set(codes)) > 25


@pytest.mark.parametrize(("module", "error"), CLASSES, ids=lambda one: one.__name__)
def test_each_is_of_its_family_and_explained(module, error):
    prefix, code = FAMILIES[module]
    assert error.code.startswith(prefix)
    assert "code" in vars(error)
    assert len(inspect.getdoc(error)) > 25
    if error is service.StillStarting:
        code = ExitCode.STILL_STARTING
    assert error.__new__(error).exit_code is code
