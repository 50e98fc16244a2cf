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


def run(command, **settings):
    """The last object that the load client prints."""
    done = subprocess.run(
        [go_program("load"), command, *flags(settings), "-limit", f"{LIMIT_SECONDS}s"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=LIMIT_SECONDS + 30)
    if done.returncode != 0:
        raise SystemExit(f"load {command} {settings}: {done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


@contextlib.contextmanager
def subscribed(target, streams, connections):
    """So many streams are open inside."""
    process = subprocess.Popen(
        [go_program("load"), "idle",
         *flags({"target": target, "streams": streams, "connections": connections, "limit": f"{LIMIT_SECONDS}s"})],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if "subscribed" not in process.stdout.readline():
            raise SystemExit(f"{streams} streams could not be opened")
        yield
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
        time.sleep(0.5)


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
