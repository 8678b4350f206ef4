"""Installed packages for a test: the files that an installation would leave, nothing imported."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class SitePackages:
    """A folder that stands for site-packages; put its path on `sys.path`.

    site = SitePackages(tmp_path)
    site.install("tool", SERVICE_YAML)
    monkeypatch.syspath_prepend(str(site.folder))
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def install(
        self,
        name: str,
        service: str | bytes | None,
        *,
        code: str = "",
        version: str = "1.0.0",
        entry: str | None = None,
        distribution: str | None = None,
        url: str | None = None,
        source: Path | None = None,
    ) -> Path:
        """Install a package that brings one service; returns its import package's folder.

        Args:
            name: The service.
            service: Its service.yaml; None: there is none.
            code: Its plugin.py.
            version: The distribution's version.
            entry: The entry points' text, where it is not the usual one.
            distribution: The distribution's name, where it is not `phlo-NAME`.
            url: Where its source is, as its metadata says.
            source: Install it as editable, from this folder.
        """
        distribution = distribution or f"phlo-{name}"
        package = distribution.replace("-", "_")
        folder = (source or self.folder) / package
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
        (folder / "plugin.py").write_text(textwrap.dedent(code), encoding="utf-8")
        if service is not None:
            raw = textwrap.dedent(service).encode() if isinstance(service, str) else service
            (folder / "service.yaml").write_bytes(raw)
        target = f"{package}.plugin:Service"
        text = entry or f"[phlo.plugins.services]\n{name} = {target}\n"
        self._metadata(package, distribution, version, text, url, source)
        return folder

    def _metadata(
        self,
        package: str,
        distribution: str,
        version: str,
        entry_points: str,
        url: str | None,
        source: Path | None,
    ) -> None:
        folder = self.folder / f"{package}-{version}.dist-info"
        folder.mkdir(exist_ok=True)
        lines = ["Metadata-Version: 2.4", f"Name: {distribution}", f"Version: {version}"]
        lines += [f"Project-URL: Source, {url}"] if url else []
        (folder / "METADATA").write_text("\n".join([*lines, "", "A package."]), encoding="utf-8")
        (folder / "entry_points.txt").write_text(entry_points, encoding="utf-8")
        if source:
            (self.folder / f"{package}.pth").write_text(f"{source}\n", encoding="utf-8")
            about = {"url": f"file://{source}", "dir_info": {"editable": True}}
            (folder / "direct_url.json").write_text(json.dumps(about), encoding="utf-8")
