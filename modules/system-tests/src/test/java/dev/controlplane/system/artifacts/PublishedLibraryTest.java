package dev.controlplane.system.artifacts;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.system.harness.ServerUnderTest;
import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The library pprof as a stranger gets it: from a repository, by its coordinates. */
class PublishedLibraryTest {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  private static final String PROGRAM =
      """
      import dev.controlplane.pprof.ProfileKind;
      import dev.controlplane.pprof.StandardProfiles;
      import dev.controlplane.pprof.writers.ProfileWriter;
      import java.io.OutputStream;
      import java.nio.file.Files;
      import java.nio.file.Path;
      import java.util.concurrent.locks.LockSupport;

      public final class Stranger {
        public static void main(String[] args) throws Exception {
          for (int i = 0; i < 7; i++) {
            Thread thread = Thread.startVirtualThread(Stranger::waitForever);
            while (thread.getState() != Thread.State.WAITING) {
              Thread.yield();
            }
          }
          try (StandardProfiles standard = StandardProfiles.builder().build();
              OutputStream file = Files.newOutputStream(Path.of(args[0]))) {
            var goroutine =
                (ProfileKind.Snapshot) standard.profiles().find("goroutine").orElseThrow();
            ProfileWriter.write(goroutine.collect(ProfileKind.Parameters.NONE), file);
          }
        }

        private static void waitForever() {
          LockSupport.park();
        }
      }
      """;

  private static final String POM =
      """
      <project xmlns="http://maven.apache.org/POM/4.0.0">
        <modelVersion>4.0.0</modelVersion>
        <groupId>org.example</groupId>
        <artifactId>stranger</artifactId>
        <version>1</version>
        <properties>
          <maven.compiler.release>21</maven.compiler.release>
          <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
        </properties>
        <repositories>
          <repository><id>published</id><url>REPOSITORY</url></repository>
        </repositories>
        <dependencyManagement>
          <dependencies>
            <dependency>
              <groupId>dev.controlplane</groupId>
              <artifactId>pprof-bom</artifactId>
              <version>VERSION</version>
              <type>pom</type>
              <scope>import</scope>
            </dependency>
          </dependencies>
        </dependencyManagement>
        <dependencies>
          <dependency>
            <groupId>dev.controlplane</groupId>
            <artifactId>pprof</artifactId>
          </dependency>
        </dependencies>
        <build>
          <plugins>
            <plugin>
              <groupId>org.apache.maven.plugins</groupId>
              <artifactId>maven-resources-plugin</artifactId>
              <version>3.4.0</version>
            </plugin>
            <plugin>
              <groupId>org.apache.maven.plugins</groupId>
              <artifactId>maven-compiler-plugin</artifactId>
              <version>3.14.1</version>
            </plugin>
          </plugins>
        </build>
      </project>
      """;

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
        "-Dmaven.test.skip=true",
        "-Dmaven.install.skip=true",
        "-DaltDeploymentRepository=published::" + published.toUri(),
        "-pl",
        "modules/pprof,modules/pprof-bom",
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
            boolean other = dir.endsWith("src") && !whole && !dir.getParent().endsWith("pprof");
            if (dir.endsWith("target") || other) {
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

  /** A local repository of links, so that the one of this machine gets nothing of the library. */
  private static void link(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    Tools.run(
            LIMIT,
            new ProcessBuilder(
                "cp", "-rs", from.toAbsolutePath() + "/.", to.toAbsolutePath() + "/"))
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

  private static Path artifact(String name) {
    return published.resolve("dev/controlplane/pprof/" + version + "/pprof-" + version + name);
  }

  @Test
  void theJarIsTheSameInWhateverDirectoryItIsBuilt() throws Exception {
    assertArrayEquals(
        Files.readAllBytes(
            Tools.repository().resolve("modules/pprof/target/pprof-" + version + ".jar")),
        Files.readAllBytes(artifact(".jar")));
  }

  @Test
  void sourcesAndJavadocAndAPomThatNeedsNoOtherAreBesideIt() throws Exception {
    assertTrue(Files.size(artifact("-sources.jar")) > 0);
    assertTrue(Files.size(artifact("-javadoc.jar")) > 0);
    String pom = Files.readString(artifact(".pom"));
    assertFalse(pom.contains("<parent>"), pom);
    assertFalse(pom.contains("<dependencies>"), pom);
    for (String said : List.of("Apache License", "<scm", "<developers>", "<description>")) {
      assertTrue(pom.contains(said), pom);
    }
  }

  @Test
  void aProgramAddsTheLibraryByItsCoordinatesAndIsProfiled() throws Exception {
    Path project = Files.createDirectory(directory.resolve("stranger"));
    Files.writeString(
        project.resolve("pom.xml"),
        POM.replace("REPOSITORY", published.toUri().toString()).replace("VERSION", version));
    Path source = project.resolve("src/main/java/Stranger.java");
    Files.createDirectories(source.getParent());
    Files.writeString(source, PROGRAM);
    // The program is compiled by the JDK that Maven runs on, which has to read the library.
    maven(project, Map.of("JAVA_HOME", System.getProperty("java.home")), "compile");
    Path jar = directory.resolve("local/dev/controlplane/pprof/" + version);
    String library = jar.resolve("pprof-" + version + ".jar").toString();
    String classes = project.resolve("target/classes").toString();

    String onClassPath =
        profile(
            project,
            "--add-exports=java.base/jdk.internal.vm=ALL-UNNAMED",
            "-cp",
            classes + ":" + library);
    String onModulePath =
        profile(
            project,
            "--add-exports=java.base/jdk.internal.vm=dev.controlplane.pprof",
            "--module-path",
            library,
            "--add-modules=dev.controlplane.pprof",
            "-cp",
            classes);

    assertEquals("7", count(onClassPath), onClassPath);
    assertEquals("7", count(onModulePath), onModulePath);
  }

  /** What {@code go tool pprof} says of the program's profile. */
  private static String profile(Path project, String... options) throws IOException {
    var command = new ArrayList<String>(List.of(ServerUnderTest.java()));
    command.addAll(List.of(options));
    command.addAll(List.of("Stranger", "goroutine.pb.gz"));
    Tools.Result ran =
        Tools.run(LIMIT, new ProcessBuilder(command).directory(project.toFile())).mustSucceed();
    assertEquals("", ran.output());
    return Tools.run(
            LIMIT,
            new ProcessBuilder("go", "tool", "pprof", "-top", "-cum", "goroutine.pb.gz")
                .directory(project.toFile()))
        .mustSucceed()
        .output();
  }

  private static String count(String top) {
    Matcher line = Pattern.compile("(\\d+) +[\\d.]+% +Stranger\\.waitForever").matcher(top);
    return line.find() ? line.group(1) : "none";
  }
}
