package dev.controlplane.system.clients;

import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Cluster;
import dev.controlplane.system.harness.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * h2spec judges each port that speaks HTTP/2: consumer-server's, and the gRPC port. upload-server
 * and grpc-server's HTTP port speak HTTP/1.1 only. h2spec judges by RFC 7540; what the ports do
 * otherwise, and why, is listed here.
 */
class H2specTest {
  /**
   * How long h2spec waits for an answer, in seconds: a case that gets none takes as long. What
   * fails is tried again with patience, for a machine that is busy.
   */
  private static final int HASTE = 2;

  private static final int PATIENCE = 20;

  private static final int CASES = 145;

  /** What both ports do otherwise. */
  private static final Map<String, String> DEVIATIONS =
      Map.of(
          "http2/3.5 Sends invalid connection preface",
          "The port answers in HTTP/1.1, which h2spec can't read.",
          "http2/5.1 closed: Sends a DATA frame after sending RST_STREAM frame",
          "Late frames are read over: answering them would let a client provoke resets.",
          "http2/5.1 closed: Sends a HEADERS frame after sending RST_STREAM frame",
          "Trailers may cross a reset, whoever sent it.",
          "http2/5.1 closed: Sends a DATA frame",
          "Late frames are read over, also those of streams that ended by themselves.",
          "http2/5.3.1 Sends HEADERS frame that depend on itself",
          "RFC 9113, section 5.3.2, gives priorities up; they are not looked at.",
          "http2/8.1.2.6 Sends a HEADERS frame with the \"content-length\" header field which does"
              + " not equal the DATA frame payload length",
          "The request is refused before its body has come.",
          "http2/8.1.2.6 Sends a HEADERS frame with the \"content-length\" header field which does"
              + " not equal the sum of the multiple DATA frames payload length",
          "The request is refused before its body has come.");

  /** What the gRPC port does otherwise. */
  private static final Map<String, String> OF_GRPC =
      Map.of(
          "generic/2 Sends a WINDOW_UPDATE frame on half-closed (remote) stream",
          "h2spec's request is not gRPC: it gets 415 without a body.",
          "generic/2 Sends a PRIORITY frame on half-closed (remote) stream",
          "h2spec's request is not gRPC: it gets 415 without a body.",
          "http2/5.1.2 Sends HEADERS frames that causes their advertised concurrent stream limit to"
              + " be exceeded",
          "h2spec's requests are not gRPC: each ends at once, so no two are open.");

  private static Cluster cluster;

  @TempDir Path directory;

  @BeforeAll
  static void start() {
    cluster = Cluster.start();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void theHttpPortKeepsToHttp2() throws Exception {
    judge(cluster.consumerPort(), "/health", Map.of());
  }

  @Test
  void theGrpcPortKeepsToHttp2() throws Exception {
    judge(cluster.grpcPort(), "/controlplane.ControlPlane/RegisterConsumer", OF_GRPC);
  }

  private void judge(int port, String path, Map<String, String> deviations) throws Exception {
    Set<String> failed = new TreeSet<>();
    assertEquals(CASES, run(port, path, HASTE, Set.of(), failed));
    failed.removeAll(DEVIATIONS.keySet());
    failed.removeAll(deviations.keySet());
    if (!failed.isEmpty()) {
      Set<String> sections = failed.stream().map(H2specTest::section).collect(toSet());
      failed.clear();
      run(port, path, PATIENCE, sections, failed);
      failed.removeAll(DEVIATIONS.keySet());
      failed.removeAll(deviations.keySet());
    }
    assertEquals(Set.of(), failed);
  }

  private static String section(String name) {
    return name.substring(0, name.indexOf(' '));
  }

  /**
   * Runs h2spec.
   *
   * @param sections to try; none: all
   * @param failed gets the names of the cases that failed
   * @return how many cases there are
   */
  private int run(int port, String path, int timeout, Set<String> sections, Set<String> failed)
      throws Exception {
    Path report = directory.resolve("report.xml");
    Files.deleteIfExists(report);
    List<String> command = new ArrayList<>(List.of(Tools.built("h2spec")));
    command.addAll(List.of("-p", "" + port, "-P", path, "-o", "" + timeout, "-j", "" + report));
    command.addAll(sections);
    Tools.Result result = Tools.run(Duration.ofMinutes(10), new ProcessBuilder(command));
    assertTrue(Files.exists(report), result::output);
    NodeList cases =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(report.toFile())
            .getElementsByTagName("testcase");
    for (int i = 0; i < cases.getLength(); i++) {
      Element each = (Element) cases.item(i);
      if (each.getElementsByTagName("failure").getLength()
              + each.getElementsByTagName("error").getLength()
          > 0) {
        failed.add(each.getAttribute("package") + " " + each.getAttribute("classname"));
      }
    }
    return cases.getLength();
  }
}
