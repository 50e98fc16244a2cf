package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Under which names and version a program finds the library. */
final class ReleaseTest {
  @Test
  void theBomListsEveryModuleThatIsPublished() throws IOException {
    var published = new TreeSet<String>();
    try (Stream<Path> modules = Files.list(Path.of(".."))) {
      for (Path module : modules.toList()) {
        Path pom = module.resolve("pom.xml");
        String name = module.getFileName().toString();
        if (Files.exists(pom)
            && !name.equals("pprof-bom")
            && Files.readString(pom).contains("<maven.deploy.skip>false<")) {
          published.add(name);
        }
      }
    }
    String bom = Files.readString(Path.of("../pprof-bom/pom.xml"));
    var listed = new TreeSet<String>();
    Matcher entry =
        Pattern.compile("<artifactId>([^<]+)</artifactId>")
            .matcher(bom.substring(bom.indexOf("<dependencyManagement>")));
    while (entry.find()) {
      listed.add(entry.group(1));
    }

    assertEquals(published, listed);
  }

  @Test
  void theChangelogBeginsWithTheVersionOfTheProject() throws IOException {
    assertEquals(
        first("<version>([^<]+)</version>", Path.of("pom.xml")),
        first("(?m)^## (\\S+)", Path.of("CHANGELOG.md")));
  }

  private static String first(String regex, Path file) throws IOException {
    Matcher found = Pattern.compile(regex).matcher(Files.readString(file));
    return found.find() ? found.group(1) : "nothing";
  }
}
