"""Time from the start of an upload (1 KiB, PUT) to the last of N subscribers holding the update, against the real jars.

Run from the repository's root after a build, with the tools of ./check:
    .tools/venv/bin/python benchmarks/latency.py [SUBSCRIBERS [UPLOADS]]
One Python client on the same machine receives all streams, so its own time is part of the figure.
"""

import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "modules/system-tests/src/test/python"))

import grpc  # noqa: E402
from subscriber import generate  # noqa: E402

subscribers = int(sys.argv[1]) if len(sys.argv) > 1 else 1
uploads = int(sys.argv[2]) if len(sys.argv) > 2 else 200
WARM_UP = 50


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


upload, consumer, push, http = free_ports(4)
java = subprocess.check_output([ROOT / "bin/find-jdk"], text=True).strip() + "/bin/java"
with tempfile.TemporaryDirectory() as home:
    environment = dict(
        os.environ, STORAGE_PATH=home + "/data", UPLOAD_PORT=str(upload), CONSUMER_PORT=str(consumer),
        GRPC_PORT=str(push), HTTP_PORT=str(http), GRPC_SERVER_URL=f"http://127.0.0.1:{http}")
    servers = []
    try:
        for name in ("upload-server", "grpc-server"):
            server = subprocess.Popen(
                [java, "-jar", ROOT / f"modules/{name}/target/{name}.jar"], cwd=home, env=environment,
                stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
            servers.append(server)
            while "event=ready" not in server.stderr.readline():
                if server.poll() is not None:
                    sys.exit(f"{name} did not start")
        messages, stub = generate(ROOT / "proto/control_plane.proto")
        arrived = threading.Semaphore(0)
        channels = [grpc.insecure_channel(f"127.0.0.1:{push}", [("channel", i)]) for i in range(min(10, subscribers))]

        def follow(stream):
            try:
                for _ in stream:
                    arrived.release()
            except grpc.RpcError:
                pass  # the end of the run

        for i in range(subscribers):
            stream = stub(channels[i % len(channels)]).SubscribeWorkerUpdates(messages.SubscribeRequest(consumer_id=f"c{i}"))
            stream.initial_metadata()
            threading.Thread(target=follow, args=(stream,), daemon=True).start()
        acknowledged, received = [], []
        for i in range(WARM_UP + uploads):
            body = os.urandom(1024)
            start = time.perf_counter()
            request = urllib.request.Request(f"http://127.0.0.1:{upload}/workers/w/versions/{i}", data=body, method="PUT")
            urllib.request.urlopen(request, timeout=10).read()
            acknowledged.append(time.perf_counter() - start)
            for _ in range(subscribers):
                if not arrived.acquire(timeout=10):
                    sys.exit("an update did not arrive within 10 s")
            received.append(time.perf_counter() - start)
            time.sleep(0.03)
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(10)

for what, times in (("upload acknowledged", acknowledged), ("last subscriber has it", received)):
    times = sorted(t * 1000 for t in times[WARM_UP:])
    print(f"{what:24} median {statistics.median(times):6.1f} ms   p99 {times[int(len(times) * 0.99)]:6.1f} ms   max {times[-1]:6.1f} ms")
