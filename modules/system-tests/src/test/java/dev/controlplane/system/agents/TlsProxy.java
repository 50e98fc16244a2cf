package dev.controlplane.system.agents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * TLS before a gRPC port, with certificates of an authority of its own; JDK's keytool makes them.
 */
final class TlsProxy implements AutoCloseable {
  private static final String PASSWORD = "password";

  private final Path directory;
  private final ServerSocket listener;
  private final int target;
  private volatile SSLContext context;

  /** Listens with a certificate that expired yesterday. */
  TlsProxy(Path directory, int target) throws Exception {
    this.directory = directory;
    this.target = target;
    keytool("ca", "-genkeypair", "-alias", "ca", "-dname", "CN=authority", "-ext", "bc:c");
    keytool("ca", "-exportcert", "-alias", "ca", "-file", "ca.crt");
    keytool("trust", "-importcert", "-noprompt", "-alias", "ca", "-file", "ca.crt");
    use("expired", "-startdate", "-10d", "-validity", "9");
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  String address() {
    return "https://127.0.0.1:" + listener.getLocalPort();
  }

  /** Options of a JVM that trusts the authority. */
  String[] trust() {
    return new String[] {
      "-Djavax.net.ssl.trustStore=" + directory.resolve("trust.p12"),
      "-Djavax.net.ssl.trustStorePassword=" + PASSWORD
    };
  }

  /** From now on the certificate is a valid one. */
  void renew() throws Exception {
    use("valid", "-validity", "30");
  }

  private void use(String alias, String... options) throws Exception {
    List<String> line = new ArrayList<>(List.of("-genkeypair", "-alias", alias, "-signer", "ca"));
    line.addAll(List.of("-dname", "CN=server", "-ext", "san=ip:127.0.0.1"));
    line.addAll(List.of(options));
    keytool("ca", line.toArray(String[]::new));
    context = context(alias);
  }

  private SSLContext context(String alias) throws GeneralSecurityException, IOException {
    KeyStore all =
        KeyStore.getInstance(directory.resolve("ca.p12").toFile(), PASSWORD.toCharArray());
    KeyStore one = KeyStore.getInstance("PKCS12");
    one.load(null, null);
    one.setKeyEntry(
        alias,
        all.getKey(alias, PASSWORD.toCharArray()),
        PASSWORD.toCharArray(),
        all.getCertificateChain(alias));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(one, PASSWORD.toCharArray());
    SSLContext made = SSLContext.getInstance("TLS");
    made.init(keys.getKeyManagers(), null, null);
    return made;
  }

  private void keytool(String store, String... arguments) throws Exception {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    line.addAll(List.of(arguments));
    line.addAll(List.of("-keystore", store + ".p12", "-storepass", PASSWORD));
    if (arguments[0].equals("-genkeypair")) {
      line.addAll(List.of("-keyalg", "EC"));
    }
    Process process =
        new ProcessBuilder(line).directory(directory.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(line + ": " + output);
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket plain = listener.accept();
        SSLSocket client = (SSLSocket) context.getSocketFactory().createSocket(plain, null, true);
        client.setUseClientMode(false);
        SSLParameters parameters = client.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        client.setSSLParameters(parameters);
        Relay.between(client, new Socket(InetAddress.getLoopbackAddress(), target));
      } catch (IOException e) {
        return;
      }
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
