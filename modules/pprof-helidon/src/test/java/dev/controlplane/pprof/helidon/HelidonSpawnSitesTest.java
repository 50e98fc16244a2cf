package dev.controlplane.pprof.helidon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.SpawnSites;
import dev.controlplane.pprof.SpawnSites.SpawnSite;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Holds the table against the Helidon on the class path, and against its live threads. */
class HelidonSpawnSitesTest {
  private static final Set<String> STARTERS = Set.of("start", "execute", "submit");

  @Test
  void eachRootMethodExists() throws IOException {
    for (String root : new HelidonSpawnSites().byRootMethod().keySet()) {
      assertTrue(!methods(root).isEmpty(), root);
    }
  }

  @Test
  void atTheLineOfEachSiteAThreadOrTaskIsStarted() throws IOException {
    for (SpawnSite site : new HelidonSpawnSites().byRootMethod().values()) {
      Set<String> called = new TreeSet<>();
      for (MethodModel method : methods(site.method())) {
        called.addAll(calledAt(method, site.line()));
      }
      called.retainAll(STARTERS);
      assertEquals(1, called.size(), site.toString());
    }
  }

  private static List<MethodModel> methods(String dotted) throws IOException {
    int dot = dotted.lastIndexOf('.');
    String file = "/" + dotted.substring(0, dot).replace('.', '/') + ".class";
    try (InputStream in = HelidonSpawnSitesTest.class.getResourceAsStream(file)) {
      ClassModel type = ClassFile.of().parse(in.readAllBytes());
      return type.methods().stream()
          .filter(method -> method.methodName().equalsString(dotted.substring(dot + 1)))
          .toList();
    }
  }

  private static Set<String> calledAt(MethodModel method, int line) {
    Set<String> called = new TreeSet<>();
    int current = 0;
    for (var element : method.code().orElseThrow()) {
      if (element instanceof LineNumber number) {
        current = number.line();
      } else if (element instanceof InvokeInstruction call && current == line) {
        called.add(call.name().stringValue());
      }
    }
    return called;
  }

  @Test
  void theServiceLoaderFindsTheTable() {
    assertTrue(
        ServiceLoader.load(SpawnSites.class).stream()
            .anyMatch(provider -> provider.type() == HelidonSpawnSites.class));
  }

  @Test
  void listenerAndConnectionOfALiveServerAreCreatedWhereTheTableSays() {
    try (TestServer server = TestServer.start()) {
      String dump = server.get("/debug/pprof/goroutine?debug=2").text();

      assertCreatedBy(dump, "ServerListener.listen", "ServerListener.startIt", 358);
      assertCreatedBy(dump, "ConnectionHandler.run", "ServerListener.listen", 411);
    }
  }

  private static void assertCreatedBy(String dump, String runs, String site, int line) {
    String expected =
        "created by io.helidon.webserver.%s\n\tio/helidon/webserver/ServerListener.java:%d"
            .formatted(site, line);
    assertTrue(
        List.of(dump.split("\n\n", -1)).stream()
            .anyMatch(goroutine -> goroutine.contains(runs + "(") && goroutine.contains(expected)),
        dump);
  }
}
