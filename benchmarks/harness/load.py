"""The load client, benchmarks/load."""

import contextlib
import json
import subprocess
import time

from harness.programs import go_program

LIMIT_SECONDS = 300


def flags(settings):
    for name, value in settings.items():
        for one in value if isinstance(value, list) else [value]:
            yield from (f"-{name}", str(one))


def run(command, limit_seconds=LIMIT_SECONDS, **settings):
    """The last object that the load client prints."""
    done = subprocess.run(
        [go_program("load"), command, *flags(settings), "-limit", f"{limit_seconds}s"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=limit_seconds + 30)
    if done.returncode != 0:
        raise SystemExit(f"load {command} {settings}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def subscribed(target, streams, connections):
    """So many streams are open inside."""
    with standing("idle", "subscribed", target=target, streams=streams, connections=connections):
        yield


@contextlib.contextmanager
def held(target, streams, connections, told):
    """So many streams are synced inside; those that are told have sent the checksum of every worker."""
    with standing("held", "synced", target=target, streams=streams, connections=connections, **({"told": "true"} if told else {})):
        yield


@contextlib.contextmanager
def standing(command, event, **settings):
    """The load client has said the event, and goes on inside."""
    arguments = [f"-{name}={value}" for name, value in {**settings, "limit": f"{LIMIT_SECONDS}s"}.items()]
    process = subprocess.Popen([go_program("load"), command, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if event not in process.stdout.readline():
            raise SystemExit(f"load {command} {settings} ended before it said {event!r}")
        yield
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
        time.sleep(0.5)


def cold(target, streams, connections, patience):
    """Streams that all ask for a snapshot at once, for at most so many seconds."""
    return run("cold", target=target, streams=streams, connections=connections, patience=f"{patience}s", limit_seconds=patience + 60)


@contextlib.contextmanager
def flowing(side, chosen, updates_a_second, seconds):
    """A steady stream of updates goes through a server inside."""
    process = subprocess.Popen(
        [go_program("load"), "fanout",
         *flags({"target": side.target, "upload": side.upload_url, **{key: chosen[key] for key in ("streams", "connections", "size")},
                 "updates": int(updates_a_second * seconds), "interval": f"{1000 // updates_a_second}ms", "limit": f"{int(seconds) + 30}s"})],
        stdout=subprocess.DEVNULL)
    try:
        yield
        if process.poll() is not None:
            raise SystemExit("the load ended before the measuring did")
    finally:
        process.terminate()
        process.wait(30)


def fill(side, updates, size, tokens):
    """Makes a log of so many updates, and a file of their tokens."""
    return run("fill", target=side.target, upload=side.upload_url, updates=updates, size=size, tokens=tokens, limit_seconds=3600)


def resume(target, streams, connections, tokens, seed, patience):
    """Streams that go on at random places of a log, all at once, until they have read it."""
    return run(
        "resume", target=target, streams=streams, connections=connections, tokens=tokens, seed=seed, patience=f"{patience}s",
        limit_seconds=patience + 60)


class Live:
    """A fleet that is up to date and is sent an update at each interval. A context manager: leaving it ends the fleet."""

    def __init__(self, side, *, streams, connections, size, interval, patience):
        self.patience = patience
        self.process = subprocess.Popen(
            [go_program("load"), "live",
             *flags({"target": side.target, "upload": side.upload_url, "streams": streams, "connections": connections, "size": size,
                     "interval": interval, "patience": f"{patience}s", "limit": "6h"})],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer("subscribed")

    def say(self, word):
        try:
            self.process.stdin.write(word + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise SystemExit("load live has ended") from None

    def answer(self, event):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"load live ended with {self.process.wait(10)} before it said {event!r}")
        return json.loads(line)

    @contextlib.contextmanager
    def window(self, into):
        """The updates that are due inside count; their times are put into the dictionary when all have arrived."""
        self.say("begin")
        yield
        self.say("end")
        into.update(self.answer("window"))

    def await_return(self):
        """Waits until every stream has an update that is due from now on."""
        self.say("return")
        return self.answer("back")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def fanout(side, *, streams, connections, size, warmup, updates, interval="0s"):
    """One burst, or paced updates, through a server; the CPU counted is that of the process that pushes."""
    result = run(
        "fanout", target=side.target, upload=side.upload_url, streams=streams, connections=connections, size=size,
        warmup=warmup, updates=updates, interval=interval, pid=f"push={side.pushing.pid}")
    push = result["processes"]["push"]
    return {
        "messages": result["messages"],
        "messages_per_second": result["messages_per_second"],
        "server_us_per_message": push["cpu_seconds"] * 1e6 / result["messages"],
        "client_us_per_message": result["processes"]["load"]["cpu_seconds"] * 1e6 / result["messages"],
        "rss_mib": push["rss_bytes"] / 2**20,
        **{f"{key}_ms": result["all"][f"{key}_ms"] for key in ("p50", "p90", "p99", "p999", "max")},
        **{f"last_{key}_ms": result["last"][f"{key}_ms"] for key in ("p50", "p99", "max")},
        **{f"acknowledged_{key}_ms": result["acknowledged"][f"{key}_ms"] for key in ("p50", "p99")},
    }
