import com.google.googlejavaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds every Java source of the project to google-java-format: {@code Format check|write ROOT}.
 * Looks only at what has changed since it last found all in order.
 */
final class Format {
  public static void main(String[] args) throws Exception {
    boolean write = args[0].equals("write");
    Path root = Path.of(args[1]);
    Path stamp = root.resolve("target/formatted");
    FileTime begin = FileTime.from(Instant.now());
    FileTime since =
        Files.exists(stamp) ? Files.getLastModifiedTime(stamp) : FileTime.fromMillis(0);
    List<String> command = new ArrayList<>();
    command.addAll(write ? List.of("--replace") : List.of("--dry-run", "--set-exit-if-changed"));
    for (String room : List.of("modules", "benchmarks", "bin")) {
      command.addAll(sources(root.resolve(room), since));
    }
    if (command.getLast().startsWith("--")) {
      return;
    }
    PrintWriter out = new PrintWriter(System.out, true);
    PrintWriter err = new PrintWriter(System.err, true);
    int status = new Main(out, err, System.in).format(command.toArray(String[]::new));
    if (status != 0) {
      err.println(
          "The files above are not formatted. To mend them: mvn -N validate -Dformat=write");
      System.exit(status);
    }
    Files.write(stamp, List.of());
    Files.setLastModifiedTime(stamp, begin);
  }

  private static List<String> sources(Path room, FileTime since) throws IOException {
    if (!Files.isDirectory(room)) {
      return List.of();
    }
    try (var files = Files.walk(room)) {
      return files
          .filter(f -> f.toString().endsWith(".java") && !f.toString().contains("/target/"))
          .filter(f -> isNewer(f, since))
          .map(Path::toString)
          .sorted()
          .toList();
    }
  }

  private static boolean isNewer(Path file, FileTime since) {
    try {
      return Files.getLastModifiedTime(file).compareTo(since) > 0;
    } catch (IOException e) {
      return true;
    }
  }
}
