"""The tests that every service package runs: three lines in its tests/test_conformance.py.

    from phlo.testing.conformance import ServiceConformance

    class TestConformance(ServiceConformance):
        service = "trino"

What does not apply to a package follows from what it is. A known gap is named with its reason, and
then fails the day it is closed, so that the line goes away with it.
"""

from __future__ import annotations

from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from phlo.compose.contract import About, shortcomings
from phlo.model.service import Broken, ServiceDefinition
from phlo.plugins.discovery import Found, discover
from phlo.plugins.groups import SERVICES
from phlo.plugins.loading import load_one
from phlo.plugins.probe import Probe, probe
from phlo.testing import conformance_facts as facts

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASKED: dict[Found, Probe] = {}


class ServiceConformance:
    """Subclass as `class TestConformance(ServiceConformance)` and set `service`."""

    service: ClassVar[str]
    """The service's name, which is its entry point's."""
    notimpl: ClassVar[Mapping[str, str]] = {}
    """Tests that fail because the package lacks something still -> why it does."""
    never: ClassVar[Mapping[str, str]] = {}
    """Tests that cannot pass for what the program is -> why they cannot."""

    def __init_subclass__(cls) -> None:
        """Refuse gaps that name no test or no reason."""
        for test, reason in {**cls.notimpl, **cls.never}.items():
            if not hasattr(cls, test) or not reason.strip():
                raise TypeError(f"{cls.__name__}: '{test}' must be one of its tests, with a reason")

    @pytest.fixture(autouse=True)
    def known_gap(self, request: pytest.FixtureRequest) -> None:
        """Expect the failure of a test that is named in `notimpl` or `never`."""
        name = request.node.originalname
        for gaps, word in ((self.notimpl, "not implemented"), (self.never, "never")):
            if name in gaps:
                reason = f"{word}: {gaps[name]}"
                request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    @pytest.fixture
    def entry_points(self) -> list[Found]:
        """The entry points of this name."""
        return [one for one in discover() if one.name == self.service]

    @pytest.fixture
    def found(self, entry_points: list[Found]) -> Found:
        """The service's entry point."""
        if len(entry_points) != 1:
            pytest.skip("it has no entry point of its own")
        return entry_points[0]

    @pytest.fixture
    def loaded(self, found: Found) -> ServiceDefinition | Broken:
        """What its service.yaml says, or why it cannot be used."""
        return load_one(found)

    @pytest.fixture
    def definition(self, loaded: ServiceDefinition | Broken) -> ServiceDefinition:
        """What its service.yaml says."""
        if isinstance(loaded, Broken):
            pytest.skip("its definition is not valid")
        return loaded

    @pytest.fixture
    def probed(self, found: Found) -> Probe:
        """What comes of loading its class."""
        if found not in _ASKED:
            _ASKED[found] = probe(found)
        return _ASKED[found]

    @pytest.fixture
    def readme(self, found: Found) -> str:
        """The text that its page on a package index shows."""
        about = metadata(found.distribution)
        return about.get("Description") or str(about.get_payload() or "")  # type: ignore[attr-defined]

    def test_entry_point_is_unique(self, entry_points: list[Found]) -> None:
        """One installed package has the service, under its name."""
        targets = [f"{one.distribution}: {one.target}" for one in entry_points]
        assert len(targets) == 1, (
            f"expected one entry point '{self.service}' in the group {SERVICES}, found {targets}; "
            "install the package (pip install -e .) and take out all but one"
        )

    def test_package_is_named_after_the_service(self, found: Found) -> None:
        """phlo-NAME, phlo_NAME: people find one by the other."""
        name = self.service if self.service.startswith("phlo-") else f"phlo-{self.service}"
        assert (found.distribution, found.package) == (name, name.replace("-", "_"))

    def test_definition_is_valid(self, loaded: ServiceDefinition | Broken) -> None:
        """service.yaml is there and says nothing that phlo does not know."""
        if isinstance(loaded, Broken):
            also = "".join(f"; {r.message} ({r.where})" for r in loaded.reason.related)
            pytest.fail(f"{loaded.reason.message} ({loaded.reason.where}){also}")

    def test_it_says_what_it_is(self, definition: ServiceDefinition) -> None:
        """`category` and `description` are what people choose by."""
        assert definition.description, "write a description into service.yaml"
        assert definition.category != "other", "write a category into service.yaml"

    def test_image_is_pinned(self, definition: ServiceDefinition) -> None:
        """The same version runs today and tomorrow."""
        if "image" not in definition.tree:
            pytest.skip("it has no image")
        self._nothing_about(About.IMAGE, definition)

    def test_readiness_is_told(self, definition: ServiceDefinition) -> None:
        """A healthcheck, or `ready: started`: others wait for it."""
        if facts.has_nothing_to_run(definition):
            pytest.skip(f"kind {definition.kind} has nothing that starts")
        self._nothing_about(About.READINESS, definition)

    def test_it_gives_what_its_category_promises(self, definition: ServiceDefinition) -> None:
        """A catalog provides a catalog."""
        self._nothing_about(About.CATEGORY, definition)

    def test_it_gives_what_its_capabilities_promise(self, definition: ServiceDefinition) -> None:
        """Its consumers are told all that the capability's family promises."""
        self._nothing_about(About.CAPABILITY, definition)

    def test_it_renders_alone(self, definition: ServiceDefinition) -> None:
        """With stand-ins for what it needs, it composes and renders in each of its runtimes."""
        faults = facts.faults_when_rendered(definition)
        assert not faults, "\n".join(faults)

    def test_it_renders_with_all_it_may_use(self, definition: ServiceDefinition) -> None:
        """So it does when what it needs only optionally is there too."""
        if not any(need.optional for need in definition.requires):
            pytest.skip("it needs nothing optionally")
        self._renders_alone(definition)
        faults = facts.faults_when_rendered(definition, with_optional=True)
        assert not faults, "\n".join(faults)

    def test_dev_mode_renders(self, definition: ServiceDefinition) -> None:
        """So it does in development mode."""
        if "dev" not in definition.modes:
            pytest.skip("it has no modes.dev")
        self._renders_alone(definition)
        faults = facts.faults_when_rendered(definition, dev=True)
        assert not faults, "\n".join(faults)

    def test_files_it_names_are_there(self, definition: ServiceDefinition) -> None:
        """Templates, requirements and the Dockerfile are in the package."""
        missing = facts.missing_files(definition)
        assert not missing, f"not in {definition.package.folder}: {', '.join(missing)}"

    def test_no_secret_is_written_down(self, definition: ServiceDefinition) -> None:
        """Passwords are settings of type secret, which phlo makes and keeps."""
        found = facts.written_secrets(definition)
        assert not found, f"refer to a setting of type secret: {', '.join(found)}"

    def test_its_class_is_a_service_plugin(self, found: Found, probed: Probe) -> None:
        """The entry point leads to a class that loads, and says where service.yaml is."""
        assert probed.reason is None, f"{found.target}: {probed.reason}\n{probed.trace}"
        assert probed.is_plugin, f"{found.target} is no subclass of ServicePlugin"
        assert probed.package == found.package, f"package must be '{found.package}'"

    def test_importing_it_is_cheap(self, found: Found, probed: Probe) -> None:
        """What is heavy is imported inside the functions that use it."""
        heavy = facts.HEAVY & probed.loaded
        assert not heavy, f"{found.target} imports {', '.join(sorted(heavy))}"

    def test_it_is_typed(self, definition: ServiceDefinition) -> None:
        """py.typed tells type checkers that its annotations count."""
        assert (Path(definition.package.folder) / "py.typed").is_file(), "add an empty py.typed"

    def test_readme_says_how_to_use_it(self, definition: ServiceDefinition, readme: str) -> None:
        """The README names the service, its ports and its variables."""
        assert self.service in readme, f"the README says nothing of '{self.service}'"
        missing = facts.unsaid(definition, readme)
        assert not missing, f"the README does not name {', '.join(missing)}"

    def _renders_alone(self, definition: ServiceDefinition) -> None:
        if facts.faults_when_rendered(definition):
            pytest.skip("it does not render alone")

    def _nothing_about(self, about: About, definition: ServiceDefinition) -> None:
        found = [one for one in shortcomings(definition) if one.about is about]
        assert not found, "\n".join(f"{one.problem}: {one.fix} ({one.where})" for one in found)
