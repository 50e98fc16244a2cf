package dev.controlplane.system.artifacts;

import dev.controlplane.system.harness.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Maven project of somebody who has read the library's README: it imports the BOM, adds every
 * module, and has each of the README's examples as a method.
 */
final class StrangersProject {
  private static final Pattern EXAMPLE = Pattern.compile("(?ms)^```java\n(.*?)^```$");

  /** Examples of the README, in its order. */
  private static final int EXAMPLES = 6;

  private static final String POM =
      """
      <project xmlns="http://maven.apache.org/POM/4.0.0">
        <modelVersion>4.0.0</modelVersion>
        <groupId>org.example</groupId>
        <artifactId>stranger</artifactId>
        <version>1</version>
        <properties>
          <maven.compiler.release>25</maven.compiler.release>
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
            <artifactId>pprof-http</artifactId>
          </dependency>
          <dependency>
            <groupId>dev.controlplane</groupId>
            <artifactId>pprof-helidon</artifactId>
          </dependency>
          <dependency>
            <groupId>dev.controlplane</groupId>
            <artifactId>pprof-servlet</artifactId>
          </dependency>
          <dependency>
            <groupId>org.apache.tomcat.embed</groupId>
            <artifactId>tomcat-embed-core</artifactId>
            <version>TOMCAT</version>
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
            <plugin>
              <groupId>org.apache.maven.plugins</groupId>
              <artifactId>maven-dependency-plugin</artifactId>
              <version>3.9.0</version>
            </plugin>
          </plugins>
        </build>
      </project>
      """;

  /** What the examples need around them. */
  private static final String README =
      """
      import com.sun.net.httpserver.HttpServer;
      import dev.controlplane.pprof.*;
      import dev.controlplane.pprof.helidon.*;
      import dev.controlplane.pprof.http.*;
      import dev.controlplane.pprof.http.jdk.*;
      import dev.controlplane.pprof.model.*;
      import dev.controlplane.pprof.servlet.*;
      import io.helidon.webserver.WebServer;
      import jakarta.servlet.DispatcherType;
      import jakarta.servlet.ServletContext;
      import java.io.OutputStream;
      import java.net.InetSocketAddress;
      import java.nio.file.Files;
      import java.nio.file.Path;
      import java.util.EnumSet;
      import java.util.List;
      import java.util.concurrent.Executors;

      final class Readme {
        record Lease(StackTraceElement[] taken, long age) {}

        static StandardProfiles standard = StandardProfiles.builder().build();
        static ServletContext context;
        static Object session = "a session";
        static List<Lease> leases =
            List.of(new Lease(Thread.currentThread().getStackTrace(), 5));
      METHODS
      }
      """;

  private static final String PROGRAM =
      """
      import jakarta.servlet.http.HttpServlet;
      import java.io.OutputStream;
      import java.nio.file.Files;
      import java.nio.file.Path;
      import java.util.concurrent.locks.LockSupport;
      import org.apache.catalina.Context;
      import org.apache.catalina.startup.Tomcat;

      public final class Stranger {
        public static void main(String[] args) throws Exception {
          for (int i = 0; i < 7; i++) {
            Thread thread = Thread.startVirtualThread(Stranger::waitForever);
            while (thread.getState() != Thread.State.WAITING) {
              Thread.yield();
            }
          }
          Readme.example0();
          Readme.example1();
          Readme.example2();
          Tomcat tomcat = new Tomcat();
          tomcat.setBaseDir(Path.of("tomcat").toAbsolutePath().toString());
          tomcat.setPort(0);
          Context context = tomcat.addContext("", null);
          Tomcat.addServlet(context, "own", new HttpServlet() {}).addMapping("/");
          context.addServletContainerInitializer(
              (classes, servlets) -> {
                Readme.context = servlets;
                try {
                  Readme.example3();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              },
              null);
          tomcat.start();
          Readme.example4();
          Readme.example5();
          for (String own : new String[] {"sessions", "leases"}) {
            try (OutputStream file = Files.newOutputStream(Path.of(own + ".pb.gz"))) {
              Readme.standard.profiles().write(own, file);
            }
          }
          System.out.println(tomcat.getConnector().getLocalPort());
          System.in.read();
          System.exit(0);
        }

        private static void waitForever() {
          LockSupport.park();
        }
      }
      """;

  private StrangersProject() {}

  /**
   * Writes the project.
   *
   * @param repository where the library is
   * @param ports those of the JDK's server and of Helidon in the README's examples
   */
  static void write(Path project, Path repository, String version, List<Integer> ports)
      throws IOException {
    Path sources = Files.createDirectories(project.resolve("src/main/java"));
    Files.writeString(
        project.resolve("pom.xml"),
        POM.replace("REPOSITORY", repository.toUri().toString())
            .replace("VERSION", version)
            .replace("TOMCAT", tomcat()));
    Files.writeString(sources.resolve("Stranger.java"), PROGRAM);
    Files.writeString(sources.resolve("Readme.java"), README.replace("METHODS", methods(ports)));
    Files.writeString(project.resolve("logging.properties"), ".level=WARNING\n");
  }

  private static String methods(List<Integer> ports) throws IOException {
    var methods = new StringBuilder();
    int number = 0;
    Matcher example =
        EXAMPLE.matcher(Files.readString(Tools.repository().resolve("modules/pprof/README.md")));
    while (example.find()) {
      methods
          .append("  static void example")
          .append(number++)
          .append("() throws Exception {\n")
          .append(
              example
                  .group(1)
                  .replace("6060", ports.get(0).toString())
                  .replace("WebServer.builder()", "WebServer.builder().port(" + ports.get(1) + ")"))
          .append("  }\n");
    }
    if (number != EXAMPLES) {
      throw new AssertionError("the README has " + number + " examples, not " + EXAMPLES);
    }
    return methods.toString();
  }

  /** The version that the adapter for servlets is tested with. */
  private static String tomcat() throws IOException {
    Matcher version =
        Pattern.compile("<tomcat.version>([^<]+)<")
            .matcher(Files.readString(Tools.repository().resolve("pom.xml")));
    if (!version.find()) {
      throw new AssertionError("pom.xml has no tomcat.version");
    }
    return version.group(1);
  }
}
