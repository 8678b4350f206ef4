"""Programs of Maven repositories: fetched once, checked, begun again after a kill; their Java."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from phlo.errors.download import DownloadFailed, WrongChecksum
from phlo.errors.runtime import JavaUnclear
from phlo.model.native import Artifact, Program
from phlo.runtime.native import java, maven


def tar(files):
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text), 0o755
            archive.addfile(info, io.BytesIO(text))
    return raw.getvalue()


def zipped(files):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return raw.getvalue()


FILES = {
    "server-1.tar.gz": tar({"server-1/bin/run": b"#!/bin/sh\necho it runs\n"}),
    "server-iceberg-1.zip": zipped({"server-iceberg-1/a.jar": b"a"}),
    "lone-1-runner.jar": zipped({"META-INF/MANIFEST.MF": b"x"}),
}


class Repository:
    """A Maven repository on loopback that counts what it is asked for, and may be slow."""

    def __init__(self):
        self.asked, self.pause = [], 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rpartition("/")[2]
                outer.asked.append(name)
                body = outer.files.get(name)
                if body is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                half = len(body) // 2
                self.wfile.write(body[:half])
                self.wfile.flush()
                time.sleep(outer.pause)
                self.wfile.write(body[half:])

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.files = dict(FILES)
        for name in ("server", "server-iceberg", "lone"):
            self.files[f"{name}-1.pom"] = (
                f"<project><groupId>org.it</groupId><artifactId>{name}</artifactId>"
                "<version>1</version></project>"
            ).encode()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def repository(monkeypatch, tmp_path):
    made = Repository()
    monkeypatch.setenv("PHLO_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PHLO_MAVEN_REPOSITORY", made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()


def artifact(text, name):
    return Artifact.of(text, hashlib.sha256(FILES[name]).hexdigest())


SERVER = artifact("org.it:server:1:tar.gz", "server-1.tar.gz")
PLUGIN = artifact("org.it:server-iceberg:1:zip", "server-iceberg-1.zip")
LONE = artifact("org.it:lone:1:jar:runner", "lone-1-runner.jar")


def fetched(*artifacts, said=None):
    lines = [] if said is None else said
    return maven.fetch("it", Program("maven", artifacts=artifacts), lines.append)


def test_a_program_is_unpacked_with_its_plugins_and_fetched_once(repository):
    said = []
    folder = fetched(SERVER, PLUGIN, said=said)
    assert subprocess.check_output([folder / "bin" / "run"], text=True) == "it runs\n"
    assert (folder / "plugin" / "iceberg" / "a.jar").read_bytes() == b"a"
    assert said[0] == "fetching org.it:server:1"
    before = len(repository.asked)
    assert fetched(SERVER, PLUGIN) == folder
    assert len(repository.asked) == before
    assert [p.name for p in folder.parent.iterdir() if p.name.startswith(".fetch")] == []


def test_a_jar_with_a_classifier_stays_as_it_is(repository):
    assert (fetched(LONE) / "lone.jar").read_bytes() == FILES["lone-1-runner.jar"]


def test_what_is_not_what_was_pinned_is_thrown_away(repository):
    good = repository.files["server-1.tar.gz"]
    repository.files["server-1.tar.gz"] = tar({"server-1/bin/run": b"#!/bin/sh\necho evil\n"})
    with pytest.raises(WrongChecksum, match="not " + SERVER.sha256):
        fetched(SERVER)
    repository.files["server-1.tar.gz"] = good
    assert (fetched(SERVER) / "bin" / "run").exists()


def test_what_no_repository_has_is_told(repository):
    with pytest.raises(DownloadFailed, match=r"needs org\.it:nothing:1"):
        fetched(Artifact.of("org.it:nothing:1:jar", None))


def test_a_path_out_of_the_folder_is_refused(repository):
    evil = tar({"../evil": b"x"})
    repository.files["server-1.tar.gz"] = evil
    one = Artifact.of("org.it:server:1:tar.gz", hashlib.sha256(evil).hexdigest())
    with pytest.raises(DownloadFailed, match="cannot be unpacked"):
        fetched(one)


def test_a_killed_download_is_begun_again_by_the_next_command(repository):
    repository.pause = 30.0
    code = textwrap.dedent(f"""
        from phlo.model.native import Artifact, Program
        from phlo.runtime.native import maven
        maven.fetch("it", Program("maven", artifacts=({SERVER!r},)), print)
    """)
    child = subprocess.Popen([sys.executable, "-c", code], env=os.environ)
    end = time.monotonic() + 30
    while "server-1.tar.gz" not in repository.asked and time.monotonic() < end:
        time.sleep(0.05)
    child.send_signal(signal.SIGKILL)
    child.wait()
    repository.pause = 0.0
    assert (fetched(SERVER) / "bin" / "run").exists()


def make_java(folder, version):
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").write_text("#!/bin/sh\n")
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return folder


def test_the_java_that_a_person_chose_goes_first_if_it_is_new_enough(tmp_path, monkeypatch):
    old, new = make_java(tmp_path / "old", "17.0.2"), make_java(tmp_path / "new", "99.0.1")
    monkeypatch.setenv("JAVA_HOME", str(new))
    assert java.java_home("it", ">=24", print) == new
    monkeypatch.setenv("JAVA_HOME", str(old))
    assert java.java_home("it", ">=11", print) == old
    assert java.java_home("it", ">=24", print) != old


def test_a_java_that_nobody_has_is_told():
    with pytest.raises(JavaUnclear, match="needs Java >=200"):
        java.java_home("it", ">=200", print)
    with pytest.raises(JavaUnclear, match="needs Java 24"):
        java.java_home("it", "24", print)
