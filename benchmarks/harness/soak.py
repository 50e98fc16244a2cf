"""Everything at once for as long as asked, and whether anything grows meanwhile.

Uploads, streams and consumers that come and go, refused bodies, cancelled streams, profiles and compactions, against the three servers.
Goroutines, live heap, RSS, open descriptors and files are sampled. Each has to be flat after the first third: the slope of its
samples (Theil-Sen, the median of the slopes of all pairs, which single peaks don't move), over the rest of the run, may add no more
than the tolerance.
"""

import collections
import contextlib
import http.client
import json
import os
import random
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request

from harness.processes import Ours, scratch
from harness.programs import go_program, tell
from harness.report import Report

SERVERS = ("upload-server", "consumer-server", "grpc-server")
WORKERS = 50

# What each may grow by between the first third and the end: a part of its median, and a number that is noise anyhow.
TOLERANCES = {
    "goroutines": (0.10, 30),
    "live heap MiB": (0.15, 6),
    "RSS MiB": (0.15, 32),
    "descriptors": (0.10, 20),
    "data files": (0.10, 60),
}


def slope(points):
    """Theil-Sen: of (seconds, value), the median growth a second."""
    slopes = [(y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1:] if x2 > x1]
    return statistics.median(slopes) if slopes else 0.0


class Load:
    """Threads that each do one thing again and again until it is over. An unexpected answer is counted, not raised."""

    def __init__(self, ours):
        self.ours = ours
        self.over = threading.Event()
        self.done = collections.Counter()
        self.failed = collections.Counter()
        self.threads = []

    def again(self, name, pause, action):
        def loop():
            while not self.over.wait(pause):
                try:
                    action()
                    self.done[name] += 1
                except (OSError, urllib.error.URLError, http.client.HTTPException, ValueError, subprocess.SubprocessError) as e:
                    self.failed[f"{name}: {e!r}"[:160]] += 1

        thread = threading.Thread(target=loop, daemon=True)
        self.threads.append(thread)
        thread.start()

    def request(self, url, method="GET", body=None, expected=(200,), headers=None):
        request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                status, answer = response.status, response.read()
        except urllib.error.HTTPError as e:
            with e:
                status, answer = e.code, e.read()
        if status not in expected:
            raise ValueError(f"{method} {url.partition('//')[2].partition('/')[2]} {status} {answer[:80]!r}")
        return answer

    def upload(self):
        number = next_number()
        name, version = f"soak-{number % WORKERS}", f"1.{number}"
        size = 200_000 if number % 10 == 0 else 2_000
        self.request(f"{self.ours.upload_url}/workers/{name}/versions/{version}", "PUT", random.randbytes(size))
        if number >= 4 * WORKERS:
            old = number - 4 * WORKERS
            self.request(f"{self.ours.upload_url}/workers/soak-{old % WORKERS}/versions/1.{old}", "DELETE", expected=(200, 204, 404))

    def download(self):
        self.request(f"{self.ours.consumer_url}/file/soak-{random.randrange(WORKERS)}", expected=(200, 404))

    def refused_body(self):
        """A body to a path that takes none, whole or broken off."""
        base = random.choice((self.ours.upload_url, self.ours.consumer_url, self.ours.http_url))
        host = base.partition("//")[2]
        connection = http.client.HTTPConnection(host, timeout=20)
        with contextlib.closing(connection), contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.putrequest("POST", "/nothing/here")
            connection.putheader("Content-Length", "1000000")
            connection.endheaders()
            connection.send(bytes(random.choice((1_000, 100_000, 1_000_000))))
            if random.random() < 0.5:
                connection.getresponse().read()

    def profile(self):
        base = random.choice((self.ours.upload_url, self.ours.consumer_url, self.ours.http_url))
        self.request(f"{base}/debug/pprof/goroutine?debug={random.randrange(3)}")

    def maintain(self):
        self.request(f"{self.ours.upload_url}/maintenance/gc", "POST", b"{}", headers={"Content-Type": "application/json"})
        revision = max(1, latest_number() - 500)
        self.request(
            f"{self.ours.upload_url}/maintenance/compact", "POST", json.dumps({"revision": revision}).encode(),
            headers={"Content-Type": "application/json"}, expected=(200, 400))

    def churn(self):
        """Streams that open, stay for a moment and are cut off with their process."""
        process = subprocess.Popen(
            [go_program("load"), "idle", "-target", self.ours.target, "-streams", "60", "-connections", "3", "-limit", "60s"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.2, 3))
        (process.kill if random.random() < 0.5 else process.stdin.close)()
        process.wait(30)
        with contextlib.suppress(OSError):
            process.stdin.close()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join(60)


numbers = {"next": 0}
lock = threading.Lock()


def next_number():
    with lock:
        numbers["next"] += 1
        return numbers["next"] - 1


def latest_number():
    with lock:
        return numbers["next"]


def sample(ours, load):
    found = {}
    for name, server in ours.servers.items():
        base = {"upload-server": ours.upload_url, "consumer-server": ours.consumer_url, "grpc-server": ours.http_url}[name]
        with contextlib.suppress(OSError, ValueError, IndexError):
            text = load.request(f"{base}/debug/pprof/goroutine?debug=1").decode()
            found[name, "goroutines"] = int(text.split("total ")[1].split()[0])
        found[name, "descriptors"] = len(os.listdir(f"/proc/{server.pid}/fd"))
        found[name, "RSS MiB"] = server.rss() / 2**20
        found[name, "live heap MiB"] = live_heap(server)
    found["data directory", "data files"] = sum(len(files) for _, _, files in os.walk(ours.home / "data"))
    return found


def live_heap(server):
    """A collection comes before the count."""
    return int(server.jcmd("GC.class_histogram").splitlines()[-1].split()[-1]) / 2**20


def measure(options):
    minutes = options.minutes or (1 if options.quick else 30)
    every = max(2.0, minutes * 60 / 120)
    settings = {"BLOB_GC_AGE": "PT2S", "LOG_RETENTION_COUNT": "1000", "MAX_STREAM_AGE": "PT30S"}
    points = collections.defaultdict(list)
    with scratch() as home, Ours(home, *SERVERS, jvm=options.jvm.split() or ["-Xmx256m"], environment=settings) as ours:
        load = Load(ours)
        for _ in range(2):
            load.again("upload", 0.05, load.upload)
            load.again("refused body", 0.03, load.refused_body)
            load.again("streams", 0.1, load.churn)
        load.again("download", 0.05, load.download)
        load.again("profile", 0.5, load.profile)
        load.again("maintenance", 2, load.maintain)
        began = time.monotonic()
        try:
            while time.monotonic() - began < minutes * 60:
                time.sleep(every)
                now = time.monotonic() - began
                ended = [name for name, server in ours.servers.items() if server.process.poll() is not None]
                if ended:
                    raise SystemExit(f"{', '.join(ended)} ended: {ours.servers[ended[0]].log_text()[-2000:]}")
                for key, value in sample(ours, load).items():
                    points[key].append((now, value))
        finally:
            load.end()
    return report(minutes, every, points, load)


def report(minutes, every, points, load):
    rows, faults, data = [], [], {}
    for (where, what), all_points in sorted(points.items()):
        # A busy machine samples late.
        counted = [(x, y) for x, y in all_points if x >= minutes * 60 / 3] or all_points
        middle = statistics.median(y for _, y in counted)
        growth = slope(counted) * (counted[-1][0] - counted[0][0])
        part, least = TOLERANCES[what]
        tolerated = max(part * middle, least)
        flat = growth <= tolerated
        if not flat:
            faults.append(f"{what} of {where} grew by {growth:.1f} around {middle:.1f}; {tolerated:.1f} is tolerated")
        rows.append([where, what, all_points[0][1], middle, all_points[-1][1], f"{growth:+.1f}", f"{tolerated:.1f}", "yes" if flat else "NO"])
        data[f"{where}, {what}"] = all_points
    tell("done: " + ", ".join(f"{count:,} × {name}" for name, count in sorted(load.done.items())))
    for what, count in load.failed.most_common(10):
        tell(f"{count} × {what}")
    if not points:
        faults.append("nothing was sampled: the machine is too slow for so short a run")
    for name in ("upload", "refused body", "streams", "download", "profile", "maintenance"):
        if not load.done[name]:
            faults.append(f"no {name} succeeded: it proves nothing")
    return Report(
        name="soak", title=f"Everything at once for {minutes} minutes",
        columns=["of", "what", "first", "median of the last two thirds", "last", "growth over them", "tolerated", "flat"],
        rows=rows, data={"samples": data, "done": dict(load.done), "failed": dict(load.failed)},
        settings={"minutes": minutes, "a sample every": f"{every:.0f} s", **{f"done: {name}": count for name, count in sorted(load.done.items())},
                  "failed": sum(load.failed.values())},
        faults=faults)
