"""The names of images, taken apart."""

from __future__ import annotations

import pytest

from phlo.compose.images import has_version, repository, with_digest


@pytest.mark.parametrize(
    ("image", "name", "is_versioned"),
    [
        ("postgres", "postgres", False),
        ("postgres:18", "postgres", True),
        ("postgres:latest", "postgres", False),
        ("docker.io/library/postgres:18", "postgres", True),
        ("docker.io/minio/minio:x", "minio/minio", True),
        ("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b", False),
        ("127.0.0.1:5000/a/b:1", "127.0.0.1:5000/a/b", True),
        ("a/b@sha256:12", "a/b", True),
        ("a/b:latest@sha256:12", "a/b", True),
    ],
)
def test_names(image: str, name: str, is_versioned: bool) -> None:
    assert (repository(image), has_version(image)) == (name, is_versioned)


def test_a_digest_is_never_given_twice() -> None:
    assert with_digest("a:1", "sha256:1") == "a:1@sha256:1"
    assert with_digest("a:1@sha256:2", "sha256:1") == "a:1@sha256:2"
    assert with_digest("a:1", None) == "a:1"
