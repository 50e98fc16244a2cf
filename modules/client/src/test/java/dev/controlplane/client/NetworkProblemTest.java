package dev.controlplane.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateExpiredException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a network that fails: in words, the same for reads and for uploads. */
class NetworkProblemTest {
  private static final char[] PASSWORD = "password".toCharArray();

  @TempDir private Path directory;

  private static String read(String url) {
    return told(url, client -> assertThrows(UnreachableException.class, () -> client.info("w")));
  }

  private static String upload(String url) {
    return told(
        url,
        client ->
            assertThrows(
                UnreachableException.class,
                () ->
                    client.upload("w", "v", new ByteArrayInputStream(new byte[1]), Progress.NONE)));
  }

  private static String told(String url, Function<ControlPlaneClient, Exception> call) {
    try (ControlPlaneClient client = FakeServer.client(url)) {
      String message = call.apply(client).getMessage();
      return message.substring(message.indexOf(url) + url.length() + 2);
    }
  }

  @Test
  void aNameThatDoesNotResolve() {
    assertEquals("unknown host", read("http://nowhere.invalid"));
    assertEquals("unknown host", upload("http://nowhere.invalid"));
  }

  @Test
  void aPortThatNobodyListensOn() {
    assertEquals("connection refused", read("http://127.0.0.1:1"));
    assertEquals("connection refused", upload("http://127.0.0.1:1"));
  }

  private static void hangUp(ServerSocket listener) {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        int head = socket.getInputStream().read(new byte[100_000]);
        assertTrue(head > 0);
      } catch (IOException e) {
        // The test is over.
        return;
      }
    }
  }

  @Test
  void aServerThatHangsUp() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> hangUp(listener));
      String url = "http://127.0.0.1:" + listener.getLocalPort();
      assertEquals("the connection was closed without an answer", read(url));
      assertEquals("the server closed the connection without an answer", upload(url));
    }
  }

  /** A key store with a certificate of its own making. */
  private KeyStore certificate(String... options) throws Exception {
    Path file = directory.resolve("keys-" + options.length + options[options.length - 1] + ".p12");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "server",
                "-keystore",
                file.toString(),
                "-storepass",
                String.valueOf(PASSWORD),
                "-dname",
                "CN=server"));
    command.addAll(List.of(options));
    Process keytool =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    assertEquals(0, keytool.waitFor(), () -> read(directory.resolve("keytool.log")));
    return KeyStore.getInstance(file.toFile(), PASSWORD);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static HttpsServer serve(KeyStore keys) throws Exception {
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            FakeServer.json(exchange, 404, "{}");
          }
        });
    server.start();
    return server;
  }

  private static void trust(KeyStore keys) throws Exception {
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(keys);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    SSLContext.setDefault(context);
  }

  @Test
  void aCertificateThatCannotBeTrusted() throws Exception {
    SSLContext before = SSLContext.getDefault();
    KeyStore valid = certificate("-ext", "san=ip:127.0.0.1", "-validity", "30");
    KeyStore elsewhere = certificate("-ext", "san=dns:elsewhere.example");
    HttpsServer first = serve(valid);
    HttpsServer second = serve(elsewhere);
    try {
      String url = "https://127.0.0.1:";
      String unknown = "TLS: the server's certificate comes from an authority that is not trusted";
      assertTrue(read(url + first.getAddress().getPort()).startsWith(unknown), unknown);
      assertTrue(upload(url + first.getAddress().getPort()).startsWith(unknown), unknown);
      trust(elsewhere);
      String other = "TLS: the server's certificate is not for this host";
      assertTrue(read(url + second.getAddress().getPort()).startsWith(other), other);
      assertTrue(upload(url + second.getAddress().getPort()).startsWith(other), other);
      trust(valid);
      try (ControlPlaneClient client = FakeServer.client(url + first.getAddress().getPort())) {
        assertThrows(RefusedException.class, () -> client.info("w"));
        assertThrows(
            RefusedException.class,
            () ->
                client.upload(
                    "w", "v", new ByteArrayInputStream(new byte[100_000]), Progress.NONE));
      }
    } finally {
      SSLContext.setDefault(before);
      first.stop(0);
      second.stop(0);
    }
  }

  @Test
  void aCertificateThatHasExpired() {
    Throwable wrapped =
        new SSLHandshakeException("PKIX path validation failed")
            .initCause(new CertificateExpiredException("NotAfter: yesterday"));
    assertEquals(
        "TLS: the server's certificate has expired: NotAfter: yesterday",
        UnreachableException.problem(wrapped));
  }

  @Test
  void aServerWithoutTlsWhereItIsExpected() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerInClearText(listener));
      String url = "https://127.0.0.1:" + listener.getLocalPort();
      assertTrue(read(url).startsWith("TLS: the server does not speak it there"), () -> read(url));
      assertTrue(upload(url).startsWith("TLS: the server does not speak it"), () -> upload(url));
    }
  }

  private static void answerInClearText(ServerSocket listener) {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        int head = socket.getInputStream().read(new byte[100_000]);
        assertTrue(head > 0);
        socket.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII));
      } catch (IOException e) {
        // The test is over.
        return;
      }
    }
  }
}
