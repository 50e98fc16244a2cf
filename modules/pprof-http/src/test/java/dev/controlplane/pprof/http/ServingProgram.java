package dev.controlplane.pprof.http;

import com.sun.net.httpserver.HttpServer;
import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Goroutines;
import dev.controlplane.pprof.StandardProfiles;
import dev.controlplane.pprof.contention.Contention;
import dev.controlplane.pprof.http.jdk.PprofHandler;
import dev.controlplane.pprof.signal.QuitDumps;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/** A program that serves all profiles of its JVM, whatever that JVM lacks, until its input ends. */
final class ServingProgram {
  private ServingProgram() {}

  /** Prints the port. */
  public static void main(String[] args) throws IOException {
    Thread.startVirtualThread(ServingProgram::parkVirtual);
    Goroutines.start("recorded", ServingProgram::parkRecorded);
    Thread.ofPlatform().daemon().start(ServingProgram::parkPlatform);
    StandardProfiles standard =
        StandardProfiles.builder().allocations(true).contention(Contention.builder()).build();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/debug/pprof", new PprofHandler(PprofEndpoint.create(standard.profiles())));
    server.start();
    System.out.println(server.getAddress().getPort());
    try {
      QuitDumps.install("serving", Path.of(""), GoroutineProfiler.create());
    } catch (UnsupportedOperationException e) {
      System.out.println("no dumps on SIGQUIT: " + e.getMessage());
    }
    int ended = System.in.read();
    System.exit(ended < 0 ? 0 : 1);
  }

  private static void parkVirtual() {
    LockSupport.park();
  }

  private static void parkRecorded() {
    LockSupport.park();
  }

  private static void parkPlatform() {
    LockSupport.park();
  }
}
