"""PHLO-X: conflicts over ports, secrets, generated files and what phlo keeps of a project."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError, Related

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phlo.errors import Where


class ConflictError(PhloError):
    """Two things claim what only one can have, or a file of phlo's is not as phlo left it."""

    code = "PHLO-X300"


class PortClaimedTwice(ConflictError):
    """Two services of the project want the same port of this machine, and neither gives way.

    A port that phlo.yaml names is pinned; one that only a package suggests floats, and phlo moves
    it out of the way. Only two pins clash, or any two under `--strict-ports`.
    """

    code = "PHLO-X301"

    def __init__(
        self, port: int, first: str, second: str, *, where: Where | None = None,
        other: Where | None = None, free: int | None = None,
    ) -> None:  # fmt: skip
        service = second.partition(".")[0]
        super().__init__(
            f"host port {port} is claimed twice: by '{first}' and by '{second}'",
            where=where,
            related=[Related(f"'{second}' claims it too", other)],
            why="only one program can listen at a port",
            fix=f"move one of them, such as services: {{{service}: {{port: {free or port + 1}}}}}\n"
            "or remove one pin, and phlo chooses a free port",
        )


class PortInUse(ConflictError):
    """A program that is not of this project listens at a port that a service needs."""

    code = "PHLO-X302"

    def __init__(
        self, port: int, *, needed_by: str, holder: str | None = None, stop: str | None = None,
        free: int | None = None, where: Where | None = None,
    ) -> None:  # fmt: skip
        service = needed_by.partition(".")[0]
        move = f"phlo services start --port {service}={free or port + 10000}"
        fix = f"stop it: {stop}\nor move ours: {move}" if stop else f"move ours: {move}"
        who = holder or f"a program of another user (sudo lsof -i :{port} names it)"
        super().__init__(
            f"port {port} on 127.0.0.1 is already in use",
            where=where,
            related=[Related(f"needed by: '{needed_by}'"), Related(f"held by: {who}")],
            why="two programs cannot listen at one port",
            fix=Fix(fix, command=move),
        )
        self.port = port


class EditedFile(ConflictError):
    """A file that phlo generates was changed by hand.

    phlo writes these files anew whenever the configuration changes, so an edit would be lost.
    """

    code = "PHLO-X305"

    def __init__(self, path: str, *, is_known: bool = True) -> None:
        said = (
            "was changed since phlo wrote it" if is_known else "is there, and phlo did not write it"
        )
        super().__init__(
            f"'{path}' {said}",
            why="phlo generates this file and would overwrite what is in it",
            fix=Fix(
                "move what you changed to phlo.yaml (services.NAME.files, environment or compose), "
                f"then put the file out of the way: mv {quote(path)} {quote(path + '.mine')}",
                command=f"mv {quote(path)} {quote(path + '.mine')}",
            ),
        )


class ProjectMoved(ConflictError):
    """The project's folder is not where it was when it was first started.

    Tables hold the absolute paths of their files, so nothing starts until the old path leads to
    them again. Nothing is lost either way.
    """

    code = "PHLO-X306"

    def __init__(self, old: str, new: str) -> None:
        accept = "phlo services start --accept-move"
        super().__init__(
            f"this project was moved from '{old}' to '{new}'",
            why="tables hold the absolute paths of their files, which are no longer there",
            fix=Fix(
                f"move it back: mv {quote(new)} {quote(old)}\n"
                f"or leave a link at the old place: {accept}",
                command=accept,
            ),
        )


class ProjectLocked(ConflictError):
    """Another phlo command works in this project, and does not let two at once.

    Commands that start, stop or change services exclude each other; runs go side by side. Commands
    that only read wait for nobody.
    """

    code = "PHLO-X307"

    def __init__(self, holders: Sequence[str], waited: float, *, pid: int | None = None) -> None:
        super().__init__(
            f"another phlo command works in this project: {'; '.join(holders) or 'unknown'}",
            why=f"it still held the project's lock after {waited:.0f}s",
            fix=Fix(
                "wait until it is done, and try again"
                + (f"; or end it: kill {pid}" if pid else ""),
                command=f"kill {pid}" if pid else None,
            ),
        )


class StateTooNew(ConflictError):
    """A later phlo wrote a state file, and this one does not know its form.

    What this phlo does not know would be lost if it wrote the file, so it is not touched.
    """

    code = "PHLO-X308"

    def __init__(self, file: str, found: int, known: int, *, written_by: str | None) -> None:
        version = f">={written_by}" if written_by else ""
        super().__init__(
            f"'{file}' has schema {found}, and this phlo reads up to {known}",
            why=f"phlo {written_by} wrote it" if written_by else "a later phlo wrote it",
            fix=Fix(
                f"use the phlo that reads it: pip install 'phlo{version}'",
                command=f"pip install --upgrade 'phlo{version}'",
            ),
        )


class StateBroken(ConflictError):
    """A state file is not what phlo writes: it was edited, or the disk damaged it."""

    code = "PHLO-X309"

    def __init__(self, file: str, problem: str, *, loses: str) -> None:
        command = f"mv {quote(file)} {quote(file + '.broken')}"
        super().__init__(
            f"'{file}' cannot be read: {problem}",
            why="phlo replaces this file as a whole, so it was changed by something else",
            fix=Fix(f"correct it, or move it aside and lose {loses}: {command}", command=command),
        )


class FolderUnwritable(ConflictError):
    """A file of phlo's own cannot be written: the disk is full, or the folder is read-only."""

    code = "PHLO-X310"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(
            f"cannot write '{path}': {problem}",
            why="what was there before is there still",
            fix="make room there, or give yourself the right to write, and run it again",
        )


class ProjectCopied(ConflictError):
    """The project's folder is a copy of one that is still there, with the state of the original.

    The copy's tables would be the original's files, because tables hold absolute paths.
    """

    code = "PHLO-X311"

    def __init__(self, original: str, copy: str) -> None:
        command = f"mv {quote(copy + '/.phlo')} {quote(copy + '/.phlo.copied')}"
        super().__init__(
            f"'{copy}' is a copy of the project in '{original}', with its state",
            why="its tables are the files of the original, which both would change",
            fix=Fix(f"begin afresh in the copy: {command}", command=command),
        )


class CannotLink(ConflictError):
    """A moved project was accepted, but no link can be left at its old place."""

    code = "PHLO-X312"

    def __init__(self, old: str, new: str, problem: str) -> None:
        super().__init__(
            f"cannot make a link at '{old}': {problem}",
            why="the system refused to make the link",
            fix=Fix(f"make it with the right to do so: sudo ln -s {quote(new)} {quote(old)}\n"
                    f"or move the project back: mv {quote(new)} {quote(old)}",
                    command=f"mv {quote(new)} {quote(old)}"),
        )  # fmt: skip


class SecretsUnreadable(ConflictError):
    """The file of the project's secrets is there but cannot be read.

    phlo never makes new ones in its place: services keep the first ones in their data.
    """

    code = "PHLO-X313"

    def __init__(self, file: str, problem: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"'{file}' cannot be read: {problem}",
            where=where,
            why="its secrets are in the data of services too, so new ones would lock you out",
            fix=Fix(
                f"give yourself the right: chown $USER {quote(file)}; chmod 600 {quote(file)}\n"
                "or restore its text, NAME=value in UTF-8 on each line",
                command=f"chmod 600 {quote(file)}",
            ),
        )


class SecretMissing(ConflictError):
    """A service's text refers to a secret that the project does not have.

    Nothing is started with the reference itself in the place of a password.
    """

    code = "PHLO-X315"

    def __init__(self, name: str, service: str) -> None:
        super().__init__(
            f"'{service}' needs the secret '{name}', which is not there",
            why="it is neither in .phlo/state/secrets.env nor given by a setting",
            fix=f"add {name}=... to .phlo/state/secrets.env",
        )


class UnsafeFolder(ConflictError):
    """The folder for the supervisor's socket belongs to somebody else, or is open to others.

    Who can write there could take the supervisor's place and be handed its commands.
    """

    code = "PHLO-X314"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(
            f"the folder '{path}' cannot be trusted: {problem}",
            why="whoever can write there could stand in for the supervisor of your services",
            fix=Fix(
                f"remove it: rm -r {quote(path)}\nor use another place: export TMPDIR=$HOME/tmp",
                command=f"rm -r {quote(path)}",
            ),
        )


class SecretNotKept(ConflictError):
    """A secret is to be changed whose value somebody gives: phlo keeps none to change."""

    code = "PHLO-X316"

    def __init__(self, name: str, given_by: str) -> None:
        super().__init__(
            f"the secret '{name}' is given by {given_by}, not made by phlo",
            why="a value that you give stays where you keep it",
            fix=f"change it there: {given_by}",
        )
