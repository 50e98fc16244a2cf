"""Large files against what a shell would do one after the other, and many small ones at once."""

import contextlib
import os
import subprocess
import time

from harness import load
from harness.fanout import ratio, rotated
from harness.processes import GrpcGo, Ours, scratch
from harness.programs import tell
from harness.report import Curve, Report, medians, spread

SHELL = "sha256sum + cp + sync"


def measure(options):
    quick = options.quick
    runs = options.runs or (2 if quick else 5)
    length = (16 if quick else 256) << 20
    small = 100 if quick else 4000
    parallels = [1, 32] if quick else [1, 8, 32, 128]
    # A JVM compiles for that long what it runs.
    warm_up = 100 if quick else 30_000
    with scratch() as home, contextlib.ExitStack() as stack:
        ours = stack.enter_context(Ours(home / "ours", "upload-server"))
        go = stack.enter_context(GrpcGo(home / "grpcgo"))
        servers = {"upload-server": (ours, ours.servers["upload-server"]), "grpc-go": (go, go.pushing)}
        large = {name: [] for name in (*servers, SHELL)}
        for run in range(-1, runs):
            for name in rotated(list(large), max(run, 0)):
                # Other bytes every time, in the page cache: a server may know a file already.
                file = home / "large"
                write(file, length)
                took = by_shell(file, home) if name == SHELL else upload(*servers[name], file, f"l{run}")
                if run >= 0:
                    large[name].append({"seconds": took, "mib_per_second": length / took / 2**20})
                file.unlink()
            tell("large: " + ", ".join(f"{name} {some[-1]['seconds']:.2f} s" for name, some in large.items() if some))
        few = {name: {parallel: [] for parallel in parallels} for name in servers}
        for side, process in servers.values():
            load.run("upload", upload=side.upload_url, size=1024, count=warm_up, parallel=32, run="warm", pid=f"server={process.pid}")
        for run in range(runs):
            for parallel in parallels:
                for name in rotated(list(servers), run):
                    side, process = servers[name]
                    count = min(small, parallel * (10 if quick else 125))
                    result = load.run(
                        "upload", upload=side.upload_url, size=1024, count=count, parallel=parallel, run=f"s{run}-{parallel}",
                        pid=f"server={process.pid}")
                    few[name][parallel].append({
                        "files_per_second": result["files_per_second"], "p50_ms": result["acknowledged"]["p50_ms"],
                        "p99_ms": result["acknowledged"]["p99_ms"],
                        "server_us_per_file": result["processes"]["server"]["cpu_seconds"] * 1e6 / count})
    large_of = {name: medians(some) for name, some in large.items()}
    few_of = {name: {parallel: medians(some) for parallel, some in of.items()} for name, of in few.items()}
    mib = length >> 20
    rows = [[name, f"{mib} MiB", 1, of["mib_per_second"], "", spread([1000 * s for s in of["seconds"]["all"]]), "", ""]
            for name, of in large_of.items()]
    rows += [
        [name, "1 KiB", parallel, "", *(of[key] for key in ("files_per_second", "p50_ms", "p99_ms", "server_us_per_file"))]
        for name, by in few_of.items() for parallel, of in by.items()]
    return Report(
        name="uploads",
        title="Uploads, acknowledged when they are on disk",
        columns=["who", "file", "at once", "MiB/s", "files/s", "p50 ms", "p99 ms", "CPU µs/file"],
        rows=rows,
        data={"large": large_of, "small": {name: {str(p): of for p, of in by.items()} for name, by in few_of.items()}},
        curves=[
            Curve("small", "Uploads of 1 KiB", "uploads at once", "acknowledged a second",
                  {name: [(p, of["files_per_second"]) for p, of in by.items()] for name, by in few_of.items()})],
        ratios={
            f"MiB/s to {SHELL}": ratio(large_of, "mib_per_second", "upload-server", SHELL),
            "MiB/s to grpc-go's process": ratio(large_of, "mib_per_second", "upload-server", "grpc-go"),
            "files/s to grpc-go's process, 32 at once":
                few_of["upload-server"][32]["files_per_second"]["median"] / few_of["grpc-go"][32]["files_per_second"]["median"]},
        settings={"large MiB": mib, "small": "1 KiB", "small ones before": warm_up, "runs": runs})


def write(file, length):
    block = os.urandom(1 << 20)
    with open(file, "wb") as out:
        for number in range(length >> 20):
            out.write(number.to_bytes(8) + block[8:])
        out.flush()
        # Else the kernel writes it out while somebody is timed.
        os.fsync(out.fileno())


def upload(side, process, file, run):
    return load.run("upload", upload=side.upload_url, file=file, count=1, parallel=1, run=run, pid=f"server={process.pid}")["seconds"]


def by_shell(file, home):
    copy = home / "copy"
    start = time.perf_counter()
    subprocess.run(["sh", "-c", f"sha256sum {file} && cp {file} {copy} && sync {copy}"], check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - start
    copy.unlink()
    return took
