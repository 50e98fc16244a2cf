package dev.controlplane.pprof.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** A real JVM that lacks something: what it answers to a request for each profile. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LimitedJvmTest {
  /** What the manifests of our jars say, but for native access. */
  private static final List<String> INTERNALS =
      List.of(
          "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED",
          "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
          "--add-opens=java.base/java.lang=ALL-UNNAMED",
          "--add-opens=java.base/java.util.concurrent.locks=ALL-UNNAMED",
          "--add-opens=java.base/jdk.internal.vm=ALL-UNNAMED");

  private static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

  private static final String ADD_RECORDER =
      " module jdk.jfr is missing: add it with jlink --add-modules jdk.jfr, or with --add-modules"
          + " jdk.jfr if the JDK has it";

  private static final String NO_RECORDER =
      "this JVM has no Flight Recorder, because its" + ADD_RECORDER;

  private static final String NO_HISTOGRAM =
      "this JVM does not tell its objects by class, because its" + ADD_RECORDER;

  private static final String RECORDER_OFF =
      "this JVM can't start its Flight Recorder: look for -XX:-FlightRecorder in its options";

  private static final String UNSEEN =
      "Goroutine profiles show platform threads and the threads started by"
          + " dev.controlplane.pprof.Goroutines only: to see all virtual threads, start the JVM"
          + " with --add-exports java.base/jdk.internal.vm=ALL-UNNAMED (or with Add-Exports:"
          + " java.base/jdk.internal.vm in the manifest of the jar that is started)";

  /**
   * A JVM that lacks something.
   *
   * @param missing which profiles it can't give therefore, with the sentence that says why
   * @param remark what its goroutine profile says of virtual threads that it can't show; empty if
   *     it shows all
   * @param output a pattern of all that the program prints
   */
  record Jvm(
      String lacks,
      Map<String, String> missing,
      String remark,
      String output,
      List<String> options) {
    @Override
    public String toString() {
      return lacks;
    }
  }

  /** One of each kind. */
  static final List<Jvm> JVMS =
      List.of(
          new Jvm(
              "native access",
              Map.of(),
              "",
              "no dumps on SIGQUIT: this JVM denies native access: start it with"
                  + " --enable-native-access=ALL-UNNAMED\n",
              with(INTERNALS, "--illegal-native-access=deny")),
          new Jvm(
              "a Flight Recorder that is on",
              Map.of("allocs", RECORDER_OFF, "profile", RECORDER_OFF, "trace", RECORDER_OFF),
              "",
              ".* Option FlightRecorder was deprecated .*\n",
              with(INTERNALS, NATIVE_ACCESS, "-XX:-FlightRecorder")),
          new Jvm(
              "the module jdk.jfr",
              Map.of(
                  "allocs", NO_RECORDER,
                  "delta_heap", NO_HISTOGRAM,
                  "heap", NO_HISTOGRAM,
                  "profile", NO_RECORDER,
                  "trace", NO_RECORDER),
              "",
              "",
              with(
                  INTERNALS,
                  NATIVE_ACCESS,
                  "--limit-modules=java.base,java.management,jdk.management,jdk.httpserver")),
          new Jvm(
              "--add-exports and --add-opens",
              Map.of(),
              UNSEEN,
              ".*\nWARNING: " + Pattern.quote(UNSEEN) + "\n",
              List.of(NATIVE_ACCESS)),
          new Jvm(
              "continuations",
              Map.of(),
              "This JVM runs each virtual thread as a platform thread and does not list it:"
                  + " profiles show the virtual threads of executors and of"
                  + " dev.controlplane.pprof.Goroutines only. Remove -XX:-VMContinuations to see"
                  + " all",
              "",
              with(
                  INTERNALS,
                  NATIVE_ACCESS,
                  "-XX:+UnlockExperimentalVMOptions",
                  "-XX:-VMContinuations")));

  private static List<String> with(List<String> options, String... more) {
    return Stream.concat(options.stream(), Stream.of(more)).toList();
  }

  /**
   * What a JVM said.
   *
   * @param profiles by path and query
   * @param output but for the port
   */
  private record Said(Map<String, Wire.Answer> profiles, String output) {}

  @TempDir static Path directory;

  private static final Queue<Process> PROGRAMS = new ConcurrentLinkedQueue<>();

  private static final ExecutorService ASKING = Executors.newVirtualThreadPerTaskExecutor();
  private static final Map<Jvm, Future<Said>> SAID = new HashMap<>();

  /** All at once: a recording takes its time, not the processor's. */
  @BeforeAll
  static void askAll() {
    for (Jvm jvm : JVMS) {
      SAID.put(jvm, ASKING.submit(() -> ask(jvm)));
    }
  }

  @AfterAll
  static void end() {
    PROGRAMS.forEach(Process::destroyForcibly);
    ASKING.shutdownNow();
  }

  private static Said ask(Jvm jvm) throws Exception {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(jvm.options);
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), ServingProgram.class.getName()));
    Path errors = directory.resolve(JVMS.indexOf(jvm) + ".txt");
    Process program = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    PROGRAMS.add(program);
    try (BufferedReader output = program.inputReader(StandardCharsets.UTF_8)) {
      int port = Integer.parseInt(output.readLine());
      var asked = new TreeMap<String, Future<Wire.Answer>>();
      for (String target : targets(Wire.get(port, "/debug/pprof/").text())) {
        asked.put(target, ASKING.submit(() -> Wire.get(port, "/debug/pprof/" + target)));
      }
      var answers = new TreeMap<String, Wire.Answer>();
      for (var target : asked.entrySet()) {
        answers.put(target.getKey(), target.getValue().get());
      }
      program.outputWriter(StandardCharsets.UTF_8).close();
      var rest = new StringBuilder();
      output.lines().forEach(line -> rest.append(line).append('\n'));
      assertEquals(0, program.waitFor());
      return new Said(answers, rest + Files.readString(errors));
    }
  }

  /** Each profile of the index, the texts of goroutines, and the page's look at them. */
  private static List<String> targets(String index) {
    var targets =
        new ArrayList<String>(List.of("goroutine?debug=1", "goroutine?debug=2", "ui/look"));
    Pattern.compile("href='([^?]+)\\?debug=1'")
        .matcher(index)
        .results()
        .map(found -> found.group(1))
        .forEach(
            name ->
                targets.add(
                    switch (name) {
                      case "profile" -> "profile?seconds=1";
                      case "trace" -> "trace?seconds=0.1";
                      default -> name;
                    }));
    return targets;
  }

  @ParameterizedTest
  @FieldSource("JVMS")
  void withoutItEachProfileIsGivenOrOneSentenceSaysWhyNotAndWhatToDo(Jvm jvm) throws Exception {
    Said said = SAID.get(jvm).get();

    var wrong = new TreeMap<String, String>();
    said.profiles.forEach(
        (target, answer) -> {
          String why = jvm.missing.get(target.replaceFirst("\\?.*", ""));
          boolean right =
              why == null
                  ? answer.status() == 200
                  : answer.status() == 500
                      && answer.text().equals("failed to collect profile: " + why + "\n");
          if (!right) {
            wrong.put(target, answer.status() + " " + answer.text());
          }
        });
    assertEquals(Map.of(), wrong);
    assertTrue(said.profiles.size() > 15, said.profiles.keySet()::toString);
    assertTrue(said.output.matches(jvm.output), said.output);
  }

  @ParameterizedTest
  @FieldSource("JVMS")
  void withoutItGoroutinesAreShownAndTheProfileSaysWhichAreNot(Jvm jvm) throws Exception {
    Map<String, Wire.Answer> profiles = SAID.get(jvm).get().profiles;

    for (String target : List.of("goroutine?debug=1", "goroutine?debug=2")) {
      String text = profiles.get(target).text();
      assertTrue(text.contains("ServingProgram.parkPlatform"), text);
      assertTrue(text.contains("ServingProgram.parkRecorded"), text);
      assertEquals(jvm.remark.isEmpty(), text.contains("ServingProgram.parkVirtual"), text);
    }
    String binary;
    try (var in = new GZIPInputStream(new ByteArrayInputStream(profiles.get("goroutine").body()))) {
      binary = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    assertTrue(binary.contains(jvm.remark), binary);
    assertEquals(!jvm.remark.isEmpty(), binary.contains("dev.controlplane.pprof.Goroutines only"));
  }
}
