package dev.controlplane.system.cpctl;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands before a server and cuts its first connections after so many bytes of the answer. */
final class CuttingProxy implements AutoCloseable {
  private final ServerSocket listener;
  private final URI target;
  private final int bytes;
  private final int cuts;
  private final AtomicInteger connections = new AtomicInteger();

  CuttingProxy(String target, int bytes, int cuts) {
    this.target = URI.create(target);
    this.bytes = bytes;
    this.cuts = cuts;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** How many connections there were. */
  int connections() {
    return connections.get();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        int allowed = connections.incrementAndGet() <= cuts ? bytes : Integer.MAX_VALUE;
        Socket server = new Socket(target.getHost(), target.getPort());
        Thread.ofVirtual().start(() -> relay(client, server, Integer.MAX_VALUE));
        Thread.ofVirtual().start(() -> relay(server, client, allowed));
      } catch (IOException e) {
        return;
      }
    }
  }

  /** Closes both when the one has no more to say, or has said as much as it may. */
  private static void relay(Socket from, Socket to, int allowed) {
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      byte[] buffer = new byte[8192];
      int left = allowed;
      for (int n = in.read(buffer); n >= 0 && left > 0; n = in.read(buffer)) {
        out.write(buffer, 0, Math.min(n, left));
        left -= n;
      }
    } catch (IOException e) {
      // The other direction has ended first.
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
