"""Goroutine profiles of a server with real streams: how long each takes, and what requests feel of them."""

import http.client
import statistics
import threading
import time
import urllib.parse

from harness import load
from harness.idle import STREAMS_ON_A_CONNECTION, ours
from harness.processes import GrpcGo, LabelledGrpcGo, scratch
from harness.programs import tell
from harness.report import Report, medians

PROFILE = "/debug/pprof/goroutine?debug="
# Answered by both servers from memory.
REQUEST = "/debug/pprof/cmdline"
WARM_UPS = 5
ROUNDS = 7
LATENCY_SECONDS = 5
REQUESTS_A_SECOND = 200


def measure(options):
    streams = options.streams or (300 if options.quick else 15_000)
    runs = options.runs or 1
    found = {}
    with scratch() as home:
        for run in range(runs):
            for make in (ours(options), GrpcGo, LabelledGrpcGo):
                with make(home / f"{make.__name__}-{run}") as side:
                    with load.subscribed(side.target, streams, max(1, streams // STREAMS_ON_A_CONNECTION)):
                        figures = one(getattr(side, "http_url", side.upload_url))
                    found.setdefault(side.name, []).append(figures)
                    tell(f"{side.name}: " + ", ".join(f"{key} {value:.2f}" for key, value in figures.items()))
    spreads = {name: medians(values) for name, values in found.items()}
    mine, *peers = spreads
    keys = list(found[mine][0])
    return Report(
        name="streams",
        title=f"Goroutine profiles of a server with {streams:,} streams",
        columns=["server", *keys],
        rows=[[name, *(of[key] for key in keys)] for name, of in spreads.items()],
        data=spreads,
        ratios={
            f"{key} to {peer}": spreads[mine][key]["median"] / spreads[peer][key]["median"]
            for peer in peers for key in keys if "each" in key}
        | {f"{name}: p99 of requests during profiles to idle":
               of["p99 ms, during profiles"]["median"] / of["p99 ms, idle"]["median"] for name, of in spreads.items()},
        settings={"streams": streams, "on a connection": STREAMS_ON_A_CONNECTION, "runs": runs, "profiles": f"medians of {ROUNDS} after {WARM_UPS}",
                  "requests a second": REQUESTS_A_SECOND})


def one(url):
    netloc = urllib.parse.urlsplit(url).netloc
    goroutines = int(get(netloc, PROFILE + "1").split(b"\n", 1)[0].rsplit(b" ", 1)[1])
    figures = {"goroutines": goroutines}
    for debug in (0, 1):
        figures[f"debug={debug}: µs each"] = time_of(netloc, PROFILE + str(debug)) / goroutines * 1e6
    figures["p99 ms, idle"] = p99(netloc) * 1e3
    over = threading.Event()
    profiling = threading.Thread(target=repeat, args=(netloc, over))
    profiling.start()
    try:
        figures["p99 ms, during profiles"] = p99(netloc) * 1e3
    finally:
        over.set()
        profiling.join()
    return figures


def get(netloc, path):
    connection = http.client.HTTPConnection(netloc, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{netloc}{path}: status {answer.status}")
        return body
    finally:
        connection.close()


def time_of(netloc, path):
    times = []
    for _ in range(WARM_UPS + ROUNDS):
        start = time.perf_counter()
        get(netloc, path)
        times.append(time.perf_counter() - start)
    return statistics.median(times[WARM_UPS:])


def repeat(netloc, over):
    """A profile twice a second: more often than any scraper."""
    while not over.wait(0.5):
        get(netloc, PROFILE + "0")


def p99(netloc):
    """Seconds that requests take, from when they were due."""
    connection = http.client.HTTPConnection(netloc, timeout=60)
    times = []
    start = time.perf_counter()
    for number in range(LATENCY_SECONDS * REQUESTS_A_SECOND):
        due = start + number / REQUESTS_A_SECOND
        time.sleep(max(0, due - time.perf_counter()))
        connection.request("GET", REQUEST)
        connection.getresponse().read()
        times.append(time.perf_counter() - due)
    connection.close()
    return statistics.quantiles(times, n=100)[98]
