package dev.controlplane.transport.socket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.transport.Await;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ListenersTest {
  private static final int MOST = 3;

  private final BlockingQueue<String> gone = new LinkedBlockingQueue<>();

  @Test
  void aConnectionBeyondTheBoundIsClosedAtOnceAndOneThatEndsMakesRoom() throws Exception {
    WebServer server = server();
    Listeners listeners = Listeners.guard(server, MOST, (name, _) -> gone.add(name));
    server.start();
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 1; i <= MOST; i++) {
        Socket socket = connect(server);
        open.add(socket);
        assertEquals(200, get(socket));
        int count = i;
        // Counted once the acceptor is back at its loop.
        Await.until("the count", Await.LIMIT, () -> listeners.open("@default") == count);
      }
      assertEquals(0, listeners.refused("@default"));
      try (Socket beyond = connect(server)) {
        assertEquals(-1, get(beyond));
      }
      assertEquals(1, listeners.refused("@default"));
      assertEquals(200, get(open.getFirst()));

      open.removeLast().close();
      Await.until("a place", Duration.ofSeconds(10), () -> listeners.open("@default") < MOST);
      open.add(connect(server));
      assertEquals(200, get(open.getLast()));
      assertTrue(gone.isEmpty());
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
      server.stop();
    }
    assertTrue(gone.isEmpty(), "a listener that is stopped is not gone");
  }

  @Test
  void aListenerWhoseConnectionsAreNotCountedIsRefused() {
    WebServer server = WebServer.builder().port(0).shutdownHook(false).build();
    assertThrows(IllegalStateException.class, () -> Listeners.guard(server, MOST, (_, _) -> {}));
  }

  @Test
  void anAcceptThatFailsIsTriedAgain() throws Exception {
    try (FailingSocket failing = new FailingSocket(3)) {
      PatientServerSocket.Counts counts = new PatientServerSocket.Counts();
      CompletableFuture<SocketChannel> accepted = new CompletableFuture<>();
      Thread.ofPlatform()
          .start(
              () -> {
                try {
                  accepted.complete(
                      new PatientServerSocket("x", failing, () -> true, counts, _ -> gone.add("x"))
                          .accept());
                } catch (IOException e) {
                  accepted.completeExceptionally(e);
                }
              });
      try (Socket client = new Socket()) {
        client.connect(failing.getLocalAddress());
        try (SocketChannel channel = accepted.get(10, TimeUnit.SECONDS)) {
          assertEquals(client.getLocalPort(), channel.socket().getPort());
        }
      }
      assertEquals(3, counts.failed());
      assertTrue(gone.isEmpty());
    }
  }

  @Test
  void anAcceptOnAClosedSocketEnds() throws Exception {
    FailingSocket failing = new FailingSocket(0);
    failing.close();
    PatientServerSocket patient =
        new PatientServerSocket(
            "x", failing, () -> true, new PatientServerSocket.Counts(), _ -> gone.add("x"));
    assertThrows(ClosedChannelException.class, patient::accept);
  }

  @Test
  void aLoopThatGivesUpIsReported() throws Exception {
    Set<Thread> before = acceptors();
    WebServer server = server();
    Listeners.guard(server, MOST, (name, _) -> gone.add(name));
    server.start();
    Set<Thread> acceptors = acceptors();
    acceptors.removeAll(before);
    assertEquals(1, acceptors.size());
    // An interrupt ends accept, and with it Helidon's loop.
    acceptors.iterator().next().interrupt();
    assertNotNull(gone.poll(30, TimeUnit.SECONDS));
  }

  /** The accepting threads of all servers in this JVM, also of those that other tests stopped. */
  private static Set<Thread> acceptors() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("server-@default-listener"))
        .collect(Collectors.toCollection(HashSet::new));
  }

  private static WebServer server() {
    var builder =
        WebServer.builder()
            .host("127.0.0.1")
            .port(0)
            .shutdownHook(false)
            .routing(HttpRouting.builder().get("/", (_, response) -> response.send("x")));
    Listeners.count(builder);
    return builder.build();
  }

  private static Socket connect(WebServer server) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  /** The status of an answer; -1 if the connection is closed without one. */
  private static int get(Socket socket) {
    try {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      byte[] start = in.readNBytes(12);
      if (start.length < 12) {
        return -1;
      }
      StringBuilder rest = new StringBuilder();
      while (rest.indexOf("\r\n\r\nx") < 0) {
        rest.append((char) in.read());
      }
      return Integer.parseInt(new String(start, StandardCharsets.US_ASCII).substring(9));
    } catch (IOException e) {
      return -1;
    }
  }

  /** Fails so many times, as a process does that is out of descriptors, then accepts. */
  private static final class FailingSocket extends ServerSocketChannel {
    private final ServerSocketChannel real = ServerSocketChannel.open();
    private int failures;

    FailingSocket(int failures) throws IOException {
      super(null);
      this.failures = failures;
      real.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @Override
    public SocketChannel accept() throws IOException {
      if (failures > 0) {
        failures--;
        throw new SocketException("Too many open files");
      }
      return real.accept();
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
      real.close();
    }

    @Override
    protected void implConfigureBlocking(boolean block) {}

    @Override
    public ServerSocketChannel bind(java.net.SocketAddress local, int backlog) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <T> ServerSocketChannel setOption(java.net.SocketOption<T> option, T value) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <T> T getOption(java.net.SocketOption<T> option) {
      throw new UnsupportedOperationException();
    }

    @Override
    public java.util.Set<java.net.SocketOption<?>> supportedOptions() {
      return java.util.Set.of();
    }

    @Override
    public java.net.ServerSocket socket() {
      throw new UnsupportedOperationException();
    }

    @Override
    public java.net.SocketAddress getLocalAddress() throws IOException {
      return real.getLocalAddress();
    }
  }
}
