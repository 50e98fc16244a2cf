import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds every Java source of the project to google-java-format: {@code Format check|write ROOT}.
 */
final class Format {
  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    List<String> command = new ArrayList<>();
    if (write) {
      command.add("--replace");
    } else {
      command.add("--dry-run");
      command.add("--set-exit-if-changed");
    }
    Path root = Path.of(args[1]);
    for (String room : List.of("modules", "benchmarks", "bin")) {
      sources(root.resolve(room)).forEach(command::add);
    }
    PrintWriter out = new PrintWriter(System.out, true);
    PrintWriter err = new PrintWriter(System.err, true);
    int status = new Main(out, err, System.in).format(command.toArray(String[]::new));
    if (status != 0) {
      err.println(
          "The files above are not formatted. To mend them: mvn -N validate -Dformat=write");
    }
    System.exit(status);
  }

  private static List<String> sources(Path room) throws IOException {
    if (!Files.isDirectory(room)) {
      return List.of();
    }
    try (var files = Files.walk(room)) {
      return files
          .map(Path::toString)
          .filter(f -> f.endsWith(".java") && !f.contains("/target/"))
          .sorted()
          .toList();
    }
  }
}
