package dev.controlplane.system.artifacts;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.Ports;
import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.harness.Tools;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The library pprof as a stranger gets it: from a repository, by its coordinates. */
class PublishedLibraryTest {
  /** The modules that have a jar. */
  static final List<String> MODULES =
      List.of("pprof", "pprof-http", "pprof-helidon", "pprof-servlet");

  private static final Duration LIMIT = Duration.ofMinutes(10);

  private static Path directory;
  private static Path published;
  private static String version;

  /** Builds a copy of the sources in another directory, and publishes it into a directory. */
  @BeforeAll
  static void publish() throws IOException {
    directory = Files.createTempDirectory("published-");
    Path repository = Tools.repository();
    Path copy = directory.resolve("copy");
    for (String part : List.of("pom.xml", "proto", "bin", "modules", "benchmarks/pom.xml")) {
      copy(repository.resolve(part), copy.resolve(part));
    }
    link(localRepository(), directory.resolve("local"));
    published = directory.resolve("published");
    maven(
        copy,
        Map.of(),
        "-Ppublish",
        // The sources that are copied have been checked.
        "-Dexec.skip=true",
        "-Dmaven.test.skip=true",
        "-Dmaven.install.skip=true",
        "-DaltDeploymentRepository=published::" + published.toUri(),
        "-pl",
        "modules/pprof-bom,modules/" + String.join(",modules/", MODULES),
        "-am",
        "deploy");
    try (Stream<Path> versions = Files.list(published.resolve("dev/controlplane/pprof"))) {
      version =
          versions.filter(Files::isDirectory).findFirst().orElseThrow().getFileName().toString();
    }
  }

  /** Links, which JUnit would warn of one by one, and what Maven made. */
  @AfterAll
  static void delete() {
    Tools.run(LIMIT, new ProcessBuilder("rm", "-rf", directory.toString())).mustSucceed();
  }

  private static Path localRepository() {
    String configured = System.getProperty("maven.repo.local");
    return configured == null
        ? Path.of(System.getProperty("user.home"), ".m2", "repository")
        : Path.of(configured);
  }

  /** Copies sources, but neither what was built of them nor the sources of other modules. */
  private static void copy(Path from, Path to) throws IOException {
    boolean whole = !from.endsWith("modules");
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
              throws IOException {
            boolean other =
                dir.endsWith("src")
                    && !whole
                    && !MODULES.contains(dir.getParent().getFileName().toString());
            if (dir.endsWith("target") || dir.endsWith("src/test") || other) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(to.resolve(from.relativize(dir).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Path target = file.equals(from) ? to : to.resolve(from.relativize(file).toString());
            Files.createDirectories(target.getParent());
            Files.copy(file, target);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /**
   * A local repository of links, so that the one of this machine gets nothing of the library. It
   * has nothing of the library either.
   */
  private static void link(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    Tools.run(
            LIMIT,
            new ProcessBuilder(
                "cp", "-rs", from.toAbsolutePath() + "/.", to.toAbsolutePath() + "/"))
        .mustSucceed();
    Tools.run(LIMIT, new ProcessBuilder("rm", "-rf", to.resolve("dev/controlplane").toString()))
        .mustSucceed();
  }

  private static void maven(Path project, Map<String, String> environment, String... arguments) {
    var command =
        new ArrayList<String>(
            List.of(
                "mvn",
                "-q",
                "-B",
                "-ntp",
                "-Dmaven.repo.local=" + directory.resolve("local"),
                "-Daether.offline.protocols=file"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(project.toFile());
    // The same as the build that runs this test.
    builder.environment().put("JAVA_HOME", System.getProperty("maven.java.home"));
    builder.environment().putAll(environment);
    Tools.run(LIMIT, builder).mustSucceed();
  }

  private static Path artifact(String module, String end) {
    String file = module + "-" + version + end;
    return published.resolve("dev/controlplane/" + module + "/" + version + "/" + file);
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void aJarIsTheSameInWhateverDirectoryItIsBuilt(String module) throws Exception {
    Path built = Path.of("modules", module, "target", module + "-" + version + ".jar");
    assertArrayEquals(
        Files.readAllBytes(Tools.repository().resolve(built)),
        Files.readAllBytes(artifact(module, ".jar")));
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void aJarSaysItsModuleAndItsVersion(String module) throws Exception {
    Path jar = artifact(module, ".jar");

    assertEquals(
        List.of("dev.controlplane." + module.replace('-', '.')),
        ModuleFinder.of(jar).findAll().stream()
            .map(ModuleReference::descriptor)
            .map(descriptor -> descriptor.name())
            .toList());
    try (var file = new JarFile(jar.toFile())) {
      Attributes manifest = file.getManifest().getMainAttributes();
      assertEquals(version, manifest.getValue(Attributes.Name.IMPLEMENTATION_VERSION));
      assertTrue(
          file.getEntry("module-info.class") != null
              || manifest.getValue("Automatic-Module-Name") != null,
          "the name does not depend on that of the file");
    }
  }

  @ParameterizedTest
  @FieldSource("MODULES")
  void sourcesAndJavadocAndAPomThatNeedsNoOtherAreBesideIt(String module) throws Exception {
    assertTrue(Files.size(artifact(module, "-sources.jar")) > 0);
    assertTrue(Files.size(artifact(module, "-javadoc.jar")) > 0);
    String pom = Files.readString(artifact(module, ".pom"));
    assertFalse(pom.contains("<parent>"), pom);
    assertFalse(pom.contains("<scope>test"), pom);
    assertEquals(module.equals("pprof"), !pom.contains("<dependencies>"), pom);
    for (String said : List.of("Apache License", "<scm", "<developers>", "<description>")) {
      assertTrue(pom.contains(said), pom);
    }
  }

  @Test
  void aProgramThatAddsTheLibraryByItsCoordinatesRunsTheReadmesExamples() throws Exception {
    Path project = Files.createDirectory(directory.resolve("stranger"));
    List<Integer> ports = Ports.free(2);
    StrangersProject.write(project, published, version, ports);
    // The program is compiled by the JDK that Maven runs on, which has to read the library.
    maven(
        project,
        Map.of("JAVA_HOME", System.getProperty("java.home")),
        "compile",
        "dependency:copy-dependencies");
    String classes = project.resolve("target/classes").toString();
    Path libraries = project.resolve("target/dependency");

    run(
        project,
        ports,
        "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED",
        "-cp",
        classes + ":" + libraries + "/*");
    run(
        project,
        ports,
        "--add-exports=java.base/jdk.internal.vm=dev.controlplane.pprof",
        "--module-path",
        libraries.toString(),
        "--add-modules=ALL-MODULE-PATH",
        "-cp",
        classes);
  }

  /** Runs the program, and looks for its seven threads in each profile that it offers. */
  private static void run(Path project, List<Integer> ports, String... options) throws Exception {
    var command = new ArrayList<String>(List.of(ServerUnderTest.java()));
    command.add("-Djava.util.logging.config.file=logging.properties");
    command.addAll(List.of(options));
    command.add("Stranger");
    Process program =
        new ProcessBuilder(command).directory(project.toFile()).redirectErrorStream(true).start();
    try (BufferedReader output = program.inputReader(StandardCharsets.UTF_8)) {
      // A container may have something to say before.
      var said = new StringBuilder();
      String line = output.readLine();
      while (line != null && !line.matches("\\d+")) {
        said.append(line).append('\n');
        line = output.readLine();
      }
      assertTrue(line != null, said::toString);
      for (int port : List.of(ports.get(0), ports.get(1), Integer.parseInt(line))) {
        String text = get(port, "/debug/pprof/goroutine?debug=1");
        assertTrue(
            Pattern.compile("(?m)^7 @ .*\n(#.*\n)+?#.*\\bStranger\\.waitForever\\+")
                .matcher(text)
                .find(),
            text);
      }
      assertEquals("7", count(project), "in the file");
      program.outputWriter(StandardCharsets.UTF_8).close();
      output.lines().forEach(said::append);
      assertFalse(said.toString().contains("pprof"), said::toString);
    } finally {
      program.destroyForcibly().waitFor();
    }
  }

  private static String get(int port, String path) throws IOException {
    try (InputStream in = URI.create("http://localhost:" + port + path).toURL().openStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** How many threads {@code go tool pprof} sees in the file that the program wrote. */
  private static String count(Path project) {
    String top =
        Tools.run(
                LIMIT,
                new ProcessBuilder("go", "tool", "pprof", "-top", "-cum", "goroutine.pb.gz")
                    .directory(project.toFile()))
            .mustSucceed()
            .output();
    Matcher line = Pattern.compile("(\\d+) +[\\d.]+% +Stranger\\.waitForever").matcher(top);
    return line.find() ? line.group(1) : "none";
  }
}
