"""Processes that a benchmark starts, each ended by its pid, and what the system says of them."""

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

from harness.programs import BENCHMARKS, OUTPUT, ROOT, go_program, jar, jdk, need

READY_SECONDS = 60
END_SECONDS = 15


def free_ports(count):
    """Ports that were free a moment ago, all different."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [s.getsockname()[1] for s in sockets]


@contextlib.contextmanager
def scratch():
    """A directory on the disk of the repository: the system's own for such things may be memory, where fsync costs nothing."""
    OUTPUT.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=OUTPUT))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Server:
    """A process that says when it is ready. A context manager: leaving it ends the process."""

    def __init__(self, name, command, home, ready, environment=None):
        self.name = name
        self.home = pathlib.Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = self.home / f"{name}.log"
        self.command = [str(word) for word in command]
        self.environment = dict(os.environ, **(environment or {}))
        self.ready = ready
        self.start()

    def start(self):
        """Starts the process, its log anew, and waits until it is ready."""
        with open(self.log, "wb") as log:
            self.started = time.perf_counter()
            self.process = subprocess.Popen(
                self.command, cwd=self.home, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        self.await_ready(self.ready)

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def await_ready(self, ready):
        deadline = time.monotonic() + READY_SECONDS
        while not ready(self):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise SystemExit(f"{self.name} did not start: {self.log_text()[-2000:]}")
            time.sleep(0.002)
        self.seconds_to_ready = time.perf_counter() - self.started

    def log_text(self):
        return self.log.read_text(errors="replace")

    @property
    def pid(self):
        return self.process.pid

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def rss(self):
        """Resident bytes, those of children included."""
        return sum(int(status(pid, "VmRSS").split()[0]) * 1024 for pid in family(self.pid))

    def cpu_seconds(self):
        """utime + stime, those of children included."""
        return sum(cpu_seconds(pid) for pid in family(self.pid))

    def jcmd(self, *command):
        return subprocess.run(
            [jdk() / "bin/jcmd", str(self.pid), *command], check=True, stdout=subprocess.PIPE, text=True, timeout=120).stdout


def status(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return line.split(":", 1)[1].strip()
    raise ValueError(f"process {pid} has no {key}")


def family(pid):
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def said(text):
    return lambda server: text in server.log_text()


def heap_bytes(server):
    """Bytes of live objects: the count begins with a full collection."""
    return int(server.jcmd("GC.class_histogram").splitlines()[-1].split()[-1])


def go_heap_bytes(server):
    """Bytes of live objects and of goroutines' stacks after a collection."""
    text = urllib.request.urlopen(f"{server.http}/debug/pprof/heap?gc=1&debug=1", timeout=60).read().decode()
    values = dict(line[2:].split(" = ", 1) for line in text.splitlines() if line.startswith("# ") and " = " in line)
    return int(values["HeapAlloc"]) + int(values["Stack"].split(" / ")[0])


class Ours(contextlib.ExitStack):
    """Our servers over a data directory of their own; those that are named are started."""

    name = "control plane"

    def __init__(self, home, *servers, jvm=(), environment=None):
        super().__init__()
        self.home = pathlib.Path(home)
        upload, consumer, grpc, http = free_ports(4)
        self.upload_url = f"http://127.0.0.1:{upload}"
        self.consumer_url = f"http://127.0.0.1:{consumer}"
        self.http_url = f"http://127.0.0.1:{http}"
        self.target = f"127.0.0.1:{grpc}"
        settings = {
            "STORAGE_PATH": str(self.home / "data"), "UPLOAD_PORT": str(upload), "CONSUMER_PORT": str(consumer),
            "GRPC_PORT": str(grpc), "HTTP_PORT": str(http), "GRPC_SERVER_URL": f"http://127.0.0.1:{http}",
            "GRPC_MAX_STREAMS": "100000", **(environment or {})}
        self.servers = {}
        with contextlib.ExitStack() as undo:
            undo.push(self)
            for name in servers:
                command = [jdk() / "bin/java", *jvm, "-jar", jar(name)]
                self.servers[name] = self.enter_context(
                    Server(name, command, self.home / name, said("event=ready"), settings))
            undo.pop_all()

    @property
    def pushing(self):
        return self.servers["grpc-server"]

    def heap(self):
        return heap_bytes(self.pushing)


class Peer(contextlib.ExitStack):
    """One process that takes uploads over HTTP and pushes them over gRPC."""

    def __init__(self, program, home, command):
        super().__init__()
        grpc, http = free_ports(2)
        self.target = f"127.0.0.1:{grpc}"
        self.upload_url = f"http://127.0.0.1:{http}"
        home = pathlib.Path(home)
        self.pushing = self.enter_context(Server(program, command(grpc, http, home / "data"), home, said("ready")))
        self.pushing.http = self.upload_url


class GrpcGo(Peer):
    """The peer in Go, with profiles too."""

    name = "grpc-go"

    options = ()

    def __init__(self, home):
        super().__init__("grpcgo", home, lambda grpc, http, data: [
            go_program("peers/grpcgo"), "-grpc", f"127.0.0.1:{grpc}", "-http", f"127.0.0.1:{http}", "-data", data, *self.options])

    def heap(self):
        return go_heap_bytes(self.pushing)


class LabelledGrpcGo(GrpcGo):
    """The peer in Go, whose goroutine profiles show the consumer of each subscription, as ours do."""

    name = "grpc-go, labelled"
    options = ("-labels",)


class Netty(Peer):
    """The peer on grpc-java's Netty transport."""

    name = "grpc-java Netty"

    def __init__(self, home):
        super().__init__("netty", home, lambda grpc, http, data: [
            jdk() / "bin/java", "-jar", BENCHMARKS / "target/benchmarks.jar", "netty-peer", grpc, http, data])

    def heap(self):
        return heap_bytes(self.pushing)


NGINX = """\
daemon off;
worker_processes auto;
pid {home}/nginx.pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  client_body_temp_path {home}/body;
  proxy_temp_path {home}/proxy;
  fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi;
  scgi_temp_path {home}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {files};
  }}
  server {{
    listen 127.0.0.1:{h2_port} http2;
    http2_max_concurrent_streams 1000;
    root {files};
  }}
}}
"""


class Nginx(contextlib.ExitStack):
    """nginx with as many workers as cores, sendfile, and no access log."""

    name = "nginx"

    def __init__(self, home, files):
        super().__init__()
        home = pathlib.Path(home)
        home.mkdir(parents=True, exist_ok=True)
        port, h2_port = free_ports(2)
        self.url = f"http://127.0.0.1:{port}"
        self.h2_url = f"http://127.0.0.1:{h2_port}"
        (program,) = need("nginx")
        configuration = home / "nginx.conf"
        user = "user root;\n" if os.geteuid() == 0 else ""
        configuration.write_text(user + NGINX.format(home=home, port=port, h2_port=h2_port, files=files))
        self.serving = self.enter_context(Server(
            "nginx", [program, "-c", configuration, "-p", home, "-e", "stderr"], home, lambda _: answers(port)))


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def script(server):
    """The start script of a server."""
    return ROOT / "bin" / server
