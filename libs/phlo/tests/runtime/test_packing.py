"""What an image gets of the project's packages: those it needs, as they are installed."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from phlo.runtime.docker.packing import Unpackable, pack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PURE = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n"
COMPILED = "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n"


class Environment:
    """A folder of packages as an installer leaves it, and a project."""

    def __init__(self, folder: Path) -> None:
        self.site, self.root, self.out = folder / "site", folder / "lake", folder / "out"
        self.site.mkdir()
        self.root.mkdir()

    def install(
        self,
        name: str,
        files: Mapping[str, str],
        *,
        wheel: str = PURE,
        requires: Sequence[str] = (),
        origin: Mapping[str, Any] | None = None,
        entry_points: str = "",
    ) -> None:
        about = f"{name.replace('-', '_')}-1.0.dist-info"
        metadata = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
        metadata += [f"Requires-Dist: {one}" for one in requires]
        every = {
            **files, f"{about}/METADATA": "\n".join([*metadata, ""]), f"{about}/WHEEL": wheel,
            f"{about}/INSTALLER": "uv\n",
        }  # fmt: skip
        if entry_points:
            every[f"{about}/entry_points.txt"] = entry_points
        if origin is not None:
            every[f"{about}/direct_url.json"] = json.dumps(origin)
        record = f"{about}/RECORD"
        every[record] = "".join(f"{file},,\n" for file in (*every, record, f"../../bin/{name}"))
        for file, text in every.items():
            place = self.site / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)

    def packed(self) -> tuple[list[str], list[str]]:
        """Pack, and return the wheels and the lines that an index answers."""
        pack(self.root, self.out, [str(self.site)])
        wheels = sorted(one.name for one in (self.out / "wheels").iterdir())
        return wheels, (self.out / "requirements.txt").read_text().split()


@pytest.fixture
def there(tmp_path: Path) -> Environment:
    return Environment(tmp_path)


def test_of_python_alone_or_of_no_index_it_is_a_wheel(there: Environment) -> None:
    there.install("pure", {"pure/__init__.py": "A = 1\n"})
    there.install("fast", {"fast.so": ""}, wheel=COMPILED)
    there.install("our-fast", {"our_fast.so": ""}, wheel=COMPILED, origin={"archive_info": {}})
    wheels, named = there.packed()
    assert wheels == ["our_fast-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
                      "pure-1.0-py2.py3-none-any.whl"]  # fmt: skip
    assert named == ["fast==1.0"]
    with zipfile.ZipFile(there.out / "wheels" / wheels[1]) as wheel:
        about = "pure-1.0.dist-info"
        assert sorted(wheel.namelist()) == [
            f"{about}/METADATA", f"{about}/RECORD", f"{about}/WHEEL", "pure/__init__.py"
        ]  # fmt: skip
        rows = wheel.read(f"{about}/RECORD").decode().splitlines()
        assert len(rows) == 4
        assert all("sha256=" in row for row in rows[:-1])


def test_only_what_the_project_and_phlo_need_is_packed(there: Environment) -> None:
    there.install(
        "project-needs", {"a.py": ""},
        requires=["deep", 'not-here; python_version < "3"', 'with-extra; extra == "more"'],
    )  # fmt: skip
    there.install("deep", {"b.py": ""})
    there.install("with-extra", {"c.py": ""})
    there.install("not-here", {"d.py": ""})
    there.install("nobody-needs", {"e.py": ""})
    plugin = "[phlo.plugins.services]\nx = plugin:Service\n"
    there.install("plugin", {"plugin.py": ""}, entry_points=plugin)
    there.install("pip", {"pip.py": ""})

    def names() -> list[str]:
        return [wheel.partition("-")[0] for wheel in there.packed()[0]]

    every = ["deep", "nobody_needs", "not_here", "plugin", "project_needs", "with_extra"]
    assert names() == every
    (there.root / "requirements.txt").write_text("# what it needs\nproject-needs  # this\n-e .\n")
    assert names() == ["deep", "plugin", "project_needs"]
    text = '[project]\nname = "x"\ndependencies = ["project-needs[more]"]\n'
    (there.root / "pyproject.toml").write_text(text)
    assert names() == ["deep", "plugin", "project_needs", "with_extra"]


def test_a_package_that_is_worked_on_is_packed_from_its_folder(there: Environment) -> None:
    source = there.root.parent / "work" / "src"
    (source / "mine").mkdir(parents=True)
    (source / "mine" / "__init__.py").write_text("B = 1\n")
    origin = {"url": source.parent.as_uri(), "dir_info": {"editable": True}}
    there.install("mine", {"_editable_impl_mine.pth": f"{source}\n"}, origin=origin)
    [wheel], _ = there.packed()
    file = there.out / "wheels" / wheel

    def content() -> str:
        with zipfile.ZipFile(file) as packed:
            assert not [name for name in packed.namelist() if name.endswith(".pth")]
            return packed.read("mine/__init__.py").decode()

    assert content() == "B = 1\n"
    before = file.stat().st_mtime_ns
    there.packed()
    assert file.stat().st_mtime_ns == before, "what did not change is not made anew"
    (source / "mine" / "__init__.py").write_text("B = 22\n")
    there.packed()
    assert content() == "B = 22\n"


def test_files_that_cannot_be_told_are_said_by_name(there: Environment) -> None:
    origin = {"url": "file:///nowhere", "dir_info": {"editable": True}}
    there.install("mine", {"__editable___finder.py": "", "x.pth": "import y\n"}, origin=origin)
    with pytest.raises(Unpackable, match="'mine'"):
        there.packed()
