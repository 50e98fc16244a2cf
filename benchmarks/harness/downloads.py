"""Files over HTTP/1.1 and HTTP/2: consumer-server, which checks every chunk it sends, beside nginx with sendfile."""

import contextlib
import hashlib
import os
import re
import subprocess
import tempfile
import urllib.request

from harness.processes import Nginx, Ours, scratch
from harness.programs import OUTPUT, need, tell
from harness.fanout import ratio, rotated
from harness.report import Curve, Report, medians

# Over HTTP/2: streams at once on each of the connections.
H2_CONNECTIONS, H2_STREAMS = 8, 4
SIZES = {"1 KiB": (1 << 10, 32), "64 KiB": (1 << 16, 32), "10 MiB": (10 << 20, 8)}
UNITS = {"": 1, "us": 1e-3, "ms": 1, "s": 1e3, "m": 60e3, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "B": 1}


def measure(options):
    (wrk,) = need("wrk")
    (h2load,) = need("h2load")
    need("nginx")
    quick = options.quick
    runs = options.runs or (2 if quick else 5)
    seconds = 1 if quick else 5
    with scratch() as home, contextlib.ExitStack() as stack:
        ours = stack.enter_context(Ours(home / "ours", "upload-server", "consumer-server"))
        files = home / "files"
        files.mkdir()
        urls = {}
        for length, _ in SIZES.values():
            content = os.urandom(length)
            (files / str(length)).write_bytes(content)
            request = urllib.request.Request(
                f"{ours.upload_url}/workers/f{length}/versions/1", data=content, method="PUT")
            urllib.request.urlopen(request, timeout=60).read()
        nginx = stack.enter_context(Nginx(home / "nginx", files))
        for size, (length, _) in SIZES.items():
            urls[size] = {
                "consumer-server": (f"{ours.consumer_url}/file/f{length}/version/1", ours.servers["consumer-server"]),
                "nginx": (f"{nginx.url}/{length}", nginx.serving),
                "consumer-server, HTTP/2": (f"{ours.consumer_url}/file/f{length}/version/1", ours.servers["consumer-server"]),
                "nginx, HTTP/2": (f"{nginx.h2_url}/{length}", nginx.serving)}
            digests = {digest(url) for name, (url, _) in urls[size].items() if "HTTP/2" not in name}
            if len(digests) != 1:
                raise SystemExit(f"the two servers give different bytes for {size}")
        names = list(urls["1 KiB"])
        found = {size: {name: [] for name in names} for size in SIZES}

        def once(size, name, connections, seconds):
            if "HTTP/2" in name:
                return by_h2load(h2load, *urls[size][name], seconds)
            return by_wrk(wrk, *urls[size][name], connections, seconds)

        for size, (_, connections) in SIZES.items():
            for name in names:
                once(size, name, connections, 1 if quick else 10)
            for run in range(runs):
                for name in rotated(names, run):
                    found[size][name].append(once(size, name, connections, seconds))
            tell(f"{size}: " + ", ".join(f"{name} {found[size][name][-1]['requests_per_second']:,.0f}/s" for name in names))
    spreads = {size: {name: medians(some) for name, some in of.items()} for size, of in found.items()}
    keys = ["requests_per_second", "mib_per_second", "p50_ms", "p99_ms", "server_us_per_request"]
    return Report(
        name="downloads",
        title="Downloads",
        columns=["server", "file", "requests/s", "MiB/s", "p50 ms", "p99 ms", "CPU µs/request"],
        rows=[[name, size, *(spreads[size][name][key] for key in keys)] for size in SIZES for name in names],
        data=spreads,
        curves=[
            Curve("requests", "Downloads", "bytes of a file", "requests/s",
                  {name: [(SIZES[size][0], spreads[size][name]["requests_per_second"]) for size in SIZES] for name in names}, log_y=True),
            Curve("bytes", "Downloads", "bytes of a file", "MiB/s",
                  {name: [(SIZES[size][0], spreads[size][name]["mib_per_second"]) for size in SIZES] for name in names})],
        ratios={f"requests/s to nginx, {size}": ratio(of, "requests_per_second", *names[:2]) for size, of in spreads.items()}
        | {f"requests/s to nginx over HTTP/2, {size}": ratio(of, "requests_per_second", *names[2:]) for size, of in spreads.items()},
        settings={"h2load": f"{H2_CONNECTIONS} connections with {H2_STREAMS} streams at once", "wrk": "1 thread, " + ", ".join(f"{c} connections for {s}" for s, (_, c) in SIZES.items()), "seconds": seconds, "runs": runs})


def digest(url):
    return hashlib.sha256(urllib.request.urlopen(url, timeout=60).read()).hexdigest()


def by_wrk(wrk, url, server, connections, seconds):
    before = server.cpu_seconds()
    done = subprocess.run(
        [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url],
        stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + 60)
    cpu = server.cpu_seconds() - before
    text = done.stdout
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"wrk {url}: {text}")
    requests = int(re.search(r"(\d+) requests in", text)[1])
    return {
        "requests_per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
        "mib_per_second": amount(re.search(r"Transfer/sec:\s+(\S+)", text)[1]) / 2**20,
        "p50_ms": percentile(text, 50),
        "p99_ms": percentile(text, 99),
        "server_us_per_request": cpu * 1e6 / requests}


def by_h2load(h2load, url, server, seconds):
    """It has no percentiles of its own: those of its log of requests."""
    with tempfile.NamedTemporaryFile(dir=OUTPUT) as log:
        before = server.cpu_seconds()
        done = subprocess.run(
            [h2load, f"-c{H2_CONNECTIONS}", f"-m{H2_STREAMS}", "-t1", f"-D{seconds}", f"--log-file={log.name}", url],
            stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + 60)
        cpu = server.cpu_seconds() - before
        millis = []
        for line in open(log.name):
            _, code, micros = line.split("\t")
            if code != "200":
                raise SystemExit(f"h2load {url}: a request got {code}")
            millis.append(int(micros) / 1000)
    requests, failed = re.search(r"requests: .* (\d+) succeeded, (\d+) failed", done.stdout).groups()
    if int(failed) > H2_CONNECTIONS * H2_STREAMS:
        raise SystemExit(f"h2load {url}: {done.stdout}")
    rate, bandwidth = re.search(r"finished in .*, ([\d.]+) req/s, (\S+)/s", done.stdout).groups()
    millis.sort()
    return {
        "requests_per_second": float(rate),
        "mib_per_second": amount(bandwidth) / 2**20,
        "p50_ms": millis[len(millis) // 2],
        "p99_ms": millis[len(millis) * 99 // 100],
        "server_us_per_request": cpu * 1e6 / max(int(requests), 1)}


def percentile(text, percent):
    """A line of its own: other lines have percentages too."""
    return amount(re.search(rf"^ +{percent}% +(\S+)\s*$", text, re.MULTILINE)[1])


def amount(text):
    value, unit = re.fullmatch(r"([\d.]+)(\w*)", text).groups()
    return float(value) * UNITS[unit]
