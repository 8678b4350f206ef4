"""The shim beside every local process: it waits, backs off, checks health and ends the whole tree.

supervisord runs it as `python -I -S shim.py NAME` in `.phlo/native`. One file, standard library
only: it costs few megabytes, starts in milliseconds, and its copy in the project keeps working
while phlo is being upgraded. What it does is in its definition (`definitions/NAME.json`), what it
knows is in its state (`states/NAME.json`), from which `phlo services status` tells how it is.
"""

# pathlib would cost each shim 10 ms and a megabyte:
# ruff: noqa: PTH105, PTH109, PTH116, PTH119, PTH120, PTH123, PTH208

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

RUN = "_run"
LINUX = sys.platform == "linux"
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PROC_PIDTBSDINFO, BSDINFO_SIZE = 3, 136
#: After so many seconds of health, earlier crashes are forgotten.
FORGIVEN = 10.0
LONGEST_PAUSE = 30.0
#: What is left of a tree when its main process has ended gets so long before it is killed.
STRAY_GRACE = 2.0
KEPT_LINES = 20
JOURNAL_EVERY = 10.0


class Stopped(Exception):
    """The supervisor asked for the end, or is gone itself."""


class Crash(Exception):
    """The service ended, or could not start; `cause` says how."""

    def __init__(self, kind: str, text: str, **facts: Any) -> None:
        super().__init__(text)
        self.cause = {"kind": kind, "text": text, **facts}


def identity(pid: int) -> str | None:
    """Return what tells a process apart from a later one with its pid; None if it is gone.

    The same text as `phlo.orchestration.process.identity`, which cannot be imported here.
    """
    if not LINUX:
        return _identity_bsd(pid)
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            state, *rest = file.read().rpartition(b")")[2].split()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read(8)
    except OSError:
        return None
    return None if state in b"ZX" else f"{boot}:{rest[18].decode()}"


def _identity_bsd(pid: int) -> str | None:
    buffer = ctypes.create_string_buffer(BSDINFO_SIZE)
    size = LIBC.proc_pidinfo(pid, PROC_PIDTBSDINFO, ctypes.c_uint64(0), buffer, BSDINFO_SIZE)
    if size < BSDINFO_SIZE:
        return None
    seconds, micros = struct.unpack_from("QQ", buffer.raw, 120)
    return f"{seconds + micros / 1e6:.2f}"


def parents() -> dict[int, int]:
    """Return the parent of every living process."""
    if not LINUX:
        with os.popen("ps -axo pid=,ppid=") as lines:
            return {int(pid): int(parent) for pid, parent in (line.split() for line in lines)}
    found = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{entry}/stat", "rb") as file:
            state, parent = file.read().rpartition(b")")[2].split()[:2]
            if state not in b"ZX":
                found[int(entry)] = int(parent)
    return found


def descendants(roots: Iterable[int]) -> list[int]:
    """Return the living processes below some, nearest first."""
    below: dict[int, list[int]] = {}
    for child, parent in parents().items():
        below.setdefault(parent, []).append(child)
    found, nearest = [], list(roots)
    while nearest:
        nearest = [child for one in nearest for child in below.get(one, [])]
        found += nearest
    return found


def read_json(path: str) -> dict[str, Any]:
    """Return the object in a file; an empty one if there is none that can be read."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def send(pid: int, number: int) -> None:
    """Send a signal; a process that is gone needs none."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def is_taken(port: int) -> bool:
    """Whether another process listens at a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return False  # it may not listen there: its own message says so
        except OSError:
            return True
    return False


class Record:
    """The state file: replaced as a whole, so that nobody reads half of it."""

    def __init__(self, name: str, place: str, digest: str) -> None:
        self.path = f"{RUN}/states/{name}.json"
        self.previous = previous = read_json(self.path)
        self.values: dict[str, Any] = {
            "schema": 1, "name": name, "alive": place, "digest": digest,
            "shim": [os.getpid(), identity(os.getpid())], "child": None, "tree": [],
            "started_at": None, "cause": None,
            "crashes": previous.get("crashes", 0), "restarts": previous.get("restarts", 0),
            "last_crash": previous.get("last_crash"),
        }  # fmt: skip
        if previous.get("state", "stopped") == "stopped":
            self.values |= {"crashes": 0, "restarts": 0, "last_crash": None}

    def write(self, state: str, **changes: Any) -> None:
        """Write what changed; a full disk loses the news, never the service."""
        if state != self.values.get("state"):
            changes |= {"state": state, "since": time.time()}
        if all(self.values.get(key, self) == value for key, value in changes.items()):
            return
        self.values |= changes
        with contextlib.suppress(OSError):
            opened = os.open(f"{self.path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with open(opened, "w", encoding="utf-8") as file:
                json.dump(self.values, file)
            os.replace(f"{self.path}.new", self.path)


class Log:
    """What the service printed since it began, read where supervisord puts it."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.start = self._size()

    def _size(self) -> int:
        try:
            return os.stat(self.path).st_size
        except OSError:
            return 0

    def last_lines(self) -> list[str]:
        """Return the last lines, once supervisord has written what was in its pipe."""
        size = -1
        for _ in range(15):
            before, size = size, self._size()
            if size == before:
                break
            time.sleep(0.04)
        try:
            with open(self.path, "rb") as file:
                begin = self.start if size >= self.start else 0  # rotated in between
                file.seek(max(begin, size - 16_384))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        return [line.rstrip()[:400] for line in text.splitlines() if line.strip()][-KEPT_LINES:]


class Shim:
    """One service from its wait to its end."""

    def __init__(self, name: str) -> None:
        self.told = read_json(f"{RUN}/definitions/{name}.json")
        # Held by everything that the service starts and does not close what it inherits.
        self.alive = os.open(f"{RUN}/alive.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self.alive, fcntl.LOCK_SH)
        stat = os.fstat(self.alive)
        #: Names this folder as no copy of it is named.
        self.place = f"{stat.st_dev}:{stat.st_ino}"
        self.record = Record(name, self.place, self.told["digest"])
        self.log = Log(self.told["log"])
        self.child: int | None = None
        self.status: int | None = None
        self.must_stop = False
        #: Held while a child is made or reaped: what a check has started is the check's to reap.
        self.reaping = threading.Lock()
        self.check_pid: int | None = None
        self._listen()

    def _listen(self) -> None:
        self.wake, self.waker = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(self.waker, False)
        signal.set_wakeup_fd(self.waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._asked)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for ignored in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(ignored, signal.SIG_IGN)
        if LINUX:  # what a service puts into the background stays below its shim
            LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def _asked(self, *_: object) -> None:
        self.must_stop = True

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until something happens.

        Raises:
            Stopped: The supervisor asked for the end, or its end of our stdin is closed.
        """
        if not self.must_stop:
            readable, _, _ = select.select([0, self.wake], [], [], seconds)
            if self.wake in readable:
                os.read(self.wake, 4096)
            if 0 in readable and not os.read(0, 4096):
                raise Stopped
        if self.must_stop:
            raise Stopped

    def say(self, text: str) -> None:
        """Put a line of phlo's own into the service's log."""
        with contextlib.suppress(OSError):
            os.write(1, f"[phlo] {text}\n".encode())

    # -- before the start ------------------------------------------------------------------------

    def end_predecessor(self) -> None:
        """End what an earlier shim of this service left behind when it was killed."""
        previous = self.record.previous
        if previous.get("alive") != self.place:
            return  # in a copy of a project: the processes are those of the original
        recorded = [one for one in [previous.get("child"), *previous.get("tree", [])] if one]
        alive = [pid for pid, start in recorded if identity(pid) == start]
        left = {pid: identity(pid) for pid in [*alive, *descendants(alive)]}
        end_all(left, self.stop_signal, self.told["stop_grace"])
        if previous.get("state") not in ("stopped", "crashed", "failed"):
            # Whoever killed the shim, the service did not crash: it starts again without a pause.
            text = "ended with its shim, which was killed"
            self.record.values["restarts"] += 1
            self.record.values["last_crash"] = {"kind": "shim", "text": text, "at": time.time()}

    def back_off(self) -> None:
        """After a crash, wait: each time longer."""
        crashes = self.record.values["crashes"]
        if not crashes:
            return
        self.record.write("crashed", cause=self.record.previous.get("cause"))
        end = time.monotonic() + min(LONGEST_PAUSE, 0.5 * 2 ** (min(crashes, 10) - 1))
        while (left := end - time.monotonic()) > 0:
            self.pause(left)

    def wait_for_needs(self) -> None:
        """Wait until every service it needs is healthy, by the word of a shim that lives."""
        for need in self.told["needs"]:
            while not is_healthy(need):
                cause = {"kind": "need", "text": f"waiting for '{need}'", "need": need}
                self.record.write("waiting", cause=cause)
                self.pause(0.1)

    def wait_for_ports(self) -> None:
        """Give its ports a moment to become free; a taken one is told apart from other faults."""
        end = time.monotonic() + 2
        for port in self.told["ports"]:
            while is_taken(port):
                if time.monotonic() > end:
                    raise Crash("port", f"port {port} is already in use", port=port)
                self.pause(0.1)

    def run_init(self) -> None:
        """Run the jobs that come before the start, unless the same ones have succeeded here."""
        init, done = self.told["init"], f"{self.told['home']}/.phlo-init"
        if not init["commands"]:
            return
        # The processes of a service share its jobs: one runs them, the others wait for it.
        with open(f"{done}.lock", "w", encoding="ascii") as lock:
            while not _try_lock(lock.fileno()):
                self.pause(0.1)
            if read_json(done).get("init") == init["digest"]:
                return
            for command in init["commands"]:
                self._run_job(command)
            with open(done, "w", encoding="ascii") as file:
                json.dump({"init": init["digest"]}, file)

    def _run_job(self, command: list[str]) -> None:
        shown = " ".join(" ".join([os.path.basename(command[0]), *command[1:]]).split())
        shown = shown if len(shown) <= 80 else f"{shown[:77]}..."
        self.record.write("starting", cause={"kind": "init", "text": f"running '{shown}'"})
        self.say(f"running {shown}")
        self.spawn(command)
        while (status := self.reap()) is None:
            self.pause(1.0)
        if status != 0:
            raise self.crash(status, f"'{shown}' ")

    # -- the service -----------------------------------------------------------------------------

    @property
    def stop_signal(self) -> int:
        """The number of the signal that asks the service to end."""
        return int(getattr(signal, f"SIG{self.told['stop_signal']}"))

    def spawn(self, command: list[str]) -> None:
        """Start a process in a session of its own, which dies with this one."""
        parent, (report, tell) = os.getpid(), os.pipe()
        self.status, self.child = None, os.fork()
        if self.child == 0:
            try:
                self._become(command, parent)
            except BaseException as error:
                os.write(tell, str(getattr(error, "strerror", None) or error).encode())
            finally:
                os._exit(127)
        os.close(tell)
        with os.fdopen(report, "rb") as file:  # exec closes the other end
            problem = file.read().decode("utf-8", "replace")
        self.record.write("starting", child=[self.child, identity(self.child)])
        if problem:
            raise Crash("exec", f"cannot run '{command[0]}': {problem.lower()}")

    def _become(self, command: list[str], parent: int) -> NoReturn:
        signal.set_wakeup_fd(-1)
        for name in ("TERM", "CHLD", "INT", "HUP", "QUIT", "PIPE"):
            signal.signal(getattr(signal, f"SIG{name}"), signal.SIG_DFL)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.set_inheritable(self.alive, True)
        environment = self.environment()
        os.chdir("../..")
        if user := self.told["user"]:
            os.setgroups(user["groups"])
            os.setgid(user["gid"])
            os.setuid(user["uid"])
        if LINUX:  # after the change of the user, which clears it
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(127)
        os.execve(command[0], command, environment)

    def environment(self) -> dict[str, str]:
        """Return the service's environment, with the marks by which it is found again."""
        inherited, own = self.told["inherited"], self.told["environment"]
        base = own.get("PATH") or inherited.get("PATH") or os.defpath
        path = os.pathsep.join([*self.told["path"], base])
        root = os.path.dirname(os.path.dirname(os.getcwd()))
        marks = {"PHLO_NATIVE_ALIVE": self.place, "PHLO_NATIVE_ROOT": root}
        # Else what a Python service prints comes to its log much later, or never.
        return {"PYTHONUNBUFFERED": "1", **inherited, **own, "PATH": path, **marks}

    def rest(self) -> NoReturn:
        """Say that the job is done, and stay: who needs it asks for a shim that lives.

        Raises:
            Stopped: It is to end.
        """
        self.record.values["crashes"] = 0
        done = {"kind": "job", "text": "done"}
        self.record.write("healthy", child=None, tree=[], cause=done)
        while True:
            self.pause(3600.0)

    def serve(self) -> NoReturn:
        """Start the service and watch it until it ends.

        Raises:
            Crash: It ended by itself.
            Stopped: It is to end.
        """
        self.spawn(self.told["command"])
        self.record.write("starting", started_at=time.time(), cause=None)
        checker = Checker(self)
        checker.start()
        journal_at, wait = 0.0, 1.0
        while (status := self.reap()) is None:
            state, text = checker.verdict
            cause = {"kind": "health", "text": text} if text else None
            self.record.write(state, cause=cause)
            if time.monotonic() >= journal_at:
                self.record.write(state, tree=[[pid, identity(pid)] for pid in self.tree()])
                journal_at, wait = time.monotonic() + wait, min(JOURNAL_EVERY, wait * 2)
            self.pause(max(0.0, journal_at - time.monotonic()))
        if checker.healthy_for > FORGIVEN:
            self.record.values["crashes"] = 0
        raise self.crash(status)

    def reap(self) -> int | None:
        """Take what ended off the process table; return the service's wait status if it ended."""
        with self.reaping:
            if self.child is not None and self.status is None:
                ended, status = os.waitpid(self.child, os.WNOHANG)
                self.status = status if ended else None
            while stray := self._adopted():
                os.waitpid(stray, 0)
        return self.status

    def _adopted(self) -> int | None:
        """Return an ended process that came to us because its parent is gone."""
        if not LINUX:
            return None
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return None
        own = (None, self.child if self.status is None else None, self.check_pid)
        return found.si_pid if found is not None and found.si_pid not in own else None

    def tree(self) -> list[int]:
        """Return the living processes of the service."""
        if LINUX:
            return descendants([os.getpid()])
        known = [pid for pid, start in self.record.values["tree"] if identity(pid) == start]
        roots = [*known, *([self.child] if self.child and self.status is None else [])]
        return list(dict.fromkeys([*roots, *descendants(roots)]))

    def crash(self, status: int, what: str = "") -> Crash:
        """Say how a process ended."""
        code = os.waitstatus_to_exitcode(status)
        lines = self.log.last_lines()
        if code >= 0:
            return Crash("exit", f"{what}exited with code {code}", code=code, lines=lines)
        name = signal.Signals(-code).name
        return Crash("signal", f"{what}was ended by {name}", signal=-code, lines=lines)

    def end(self) -> None:
        """End the service: the stop signal, KILL after the grace, then what is left of its tree."""
        if self.child is not None and self.reap() is None:
            send(self.child, self.stop_signal)
            if not until(lambda: self.reap() is not None, self.told["stop_grace"]):
                send(self.child, signal.SIGKILL)
        for number, grace in ((signal.SIGTERM, STRAY_GRACE), (signal.SIGKILL, 5.0)):
            left = self.tree()
            for pid in left:
                send(pid, number)
            if not left or until(lambda: self.reap() is not None and not self.tree(), grace):
                break


class Checker(threading.Thread):
    """Asks the service whether it is ready, again and again."""

    def __init__(self, shim: Shim) -> None:
        super().__init__(daemon=True)
        self.shim = shim
        self.health = shim.told["health"]
        self.verdict: tuple[str, str | None] = ("starting", None)
        self.healthy_since: float | None = None

    @property
    def healthy_for(self) -> float:
        """Seconds since it became healthy; 0 if it never was."""
        return time.monotonic() - self.healthy_since if self.healthy_since else 0.0

    def run(self) -> None:
        """Check until the process ends; a changed verdict wakes the shim."""
        began, faults = time.monotonic(), 0
        ask = {"http": self._ask_http, "tcp": self._ask_tcp, "command": self._ask_command,
               "started": self._ask_started}[self.health["kind"]]  # fmt: skip
        while True:
            try:
                problem = ask()
            except OSError as error:
                problem = f"{self._place()}: {(error.strerror or str(error)).lower()}"
            faults = faults + 1 if problem else 0
            self._judge(problem, faults)
            is_young = self.verdict[0] == "starting" and time.monotonic() - began < 10
            time.sleep(0.15 if is_young else self.health["interval"])

    def _judge(self, problem: str | None, faults: int) -> None:
        before = self.verdict
        if problem is None:
            self.verdict = ("healthy", None)
            self.healthy_since = self.healthy_since or time.monotonic()
        elif self.healthy_since is None:
            self.verdict = ("starting", problem)
        elif faults >= self.health["retries"]:
            self.verdict = ("unhealthy", problem)
        if self.verdict != before:
            with contextlib.suppress(OSError):
                os.write(self.shim.waker, b"!")

    def _place(self) -> str:
        return f"{self.health['host']}:{self.health['port']}"

    def _connect(self) -> socket.socket:
        address = (self.health["host"], self.health["port"])
        return socket.create_connection(address, self.health["timeout"])

    def _ask_tcp(self) -> str | None:
        self._connect().close()
        return None

    def _ask_http(self) -> str | None:
        path = self.health["path"]
        with self._connect() as connection:
            head = f"GET {path} HTTP/1.1\r\nHost: {self._place()}\r\nUser-Agent: phlo\r\n"
            connection.sendall(f"{head}Connection: close\r\n\r\n".encode())
            answer, wanted = b"", self.health.get("contains") or ""
            # Only who wants to know more than the status waits for the rest.
            while (wanted or b"\n" not in answer) and (more := connection.recv(4096)):
                answer += more
        words = answer.split(None, 2)
        if len(words) < 2 or not words[1].isdigit():
            return f"{self._place()}{path} gave no HTTP answer"
        status = int(words[1])
        if status >= 400:
            return f"{self._place()}{path} answered {status}"
        is_there = wanted.encode() in answer
        return None if is_there else f"{self._place()}{path} did not answer {wanted} yet"

    def _ask_command(self) -> str | None:
        import subprocess  # only for those who need it

        command, user = self.health["command"], self.shim.told["user"] or {}
        with self.shim.reaping:
            process = subprocess.Popen(
                command, env=self.shim.environment(), cwd="../..",
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                user=user.get("uid"), group=user.get("gid"), extra_groups=user.get("groups"),
            )  # fmt: skip
            self.shim.check_pid = process.pid
        try:
            code = process.wait(self.health["timeout"])
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return f"'{os.path.basename(command[0])}' took longer than {self.health['timeout']} s"
        return None if code == 0 else f"'{os.path.basename(command[0])}' exited with code {code}"

    def _ask_started(self) -> str | None:
        time.sleep(0.3)  # what ends at once was never ready
        return None


def is_healthy(need: str) -> bool:
    """Whether a service is ready by its state file, and the shim that wrote it lives."""
    state = read_json(f"{RUN}/states/{need}.json")
    pid, start = state.get("shim") or (0, None)
    return state.get("state") == "healthy" and start is not None and identity(pid) == start


def until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; False if it is not in time."""
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def end_all(left: dict[int, str | None], number: int, grace: float) -> None:
    """End processes that are not our children."""
    for sent, wait in ((number, grace), (signal.SIGKILL, 5.0)):
        alive = [pid for pid, start in left.items() if start and identity(pid) == start]
        for pid in alive:
            send(pid, sent)
        if not alive or until(lambda: all(identity(p) != s for p, s in left.items() if s), wait):
            break


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main(name: str) -> int:
    """Run one service to its end; return its exit code, or the negative number of its signal."""
    shim = Shim(name)
    record = shim.record
    try:
        try:
            shim.end_predecessor()
            shim.back_off()
            shim.wait_for_needs()
            record.write("starting", cause=None)
            shim.wait_for_ports()
            shim.run_init()
            if shim.told.get("is_job"):
                shim.rest()
            shim.serve()
        except Crash as crash:
            return _crashed(shim, crash.cause)
    except Stopped:
        shim.end()
        record.write("stopped", child=None, tree=[], cause=None, crashes=0, restarts=0)
        return 0


def _crashed(shim: Shim, cause: dict[str, Any]) -> int:
    values = shim.record.values
    shim.end()
    shim.say(cause["text"])
    facts: dict[str, Any] = {
        "child": None,
        "tree": [],
        "cause": cause,
        "last_crash": {**cause, "at": time.time()},
    }
    if cause["kind"] == "exec":  # another try would find the same: stay until told to end
        shim.record.write("failed", **facts)
        while True:
            shim.pause(3600.0)
    counts = {"crashes": values["crashes"] + 1, "restarts": values["restarts"] + 1}
    shim.record.write("crashed", **facts, **counts)
    if "signal" in cause:
        return -int(cause["signal"])
    return int(cause.get("code", 75))


if __name__ == "__main__":
    outcome = main(sys.argv[1])
    if outcome < 0:
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a copied SIGSEGV leaves no core of ours
        signal.signal(-outcome, signal.SIG_DFL) if -outcome != signal.SIGKILL else None
        os.kill(os.getpid(), -outcome)
    sys.exit(outcome)
