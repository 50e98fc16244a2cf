package dev.controlplane.server;

import dev.controlplane.catalog.CatalogReader;
import dev.controlplane.catalog.DataDirectory;
import dev.controlplane.server.settings.SettingNames;
import dev.controlplane.server.settings.Settings;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The {@code --check} option: checks whether a server could start with these settings, without
 * starting it. It opens no port, takes no lock and changes nothing, so it can run while the server
 * is running.
 */
final class StartCheck {
  private final String server;
  private final Settings settings;
  private final PrintStream out;
  private Optional<String> written = Optional.empty();
  private boolean failed;

  StartCheck(String server, Settings settings, PrintStream out) {
    this.server = server;
    this.settings = settings;
    this.out = out;
  }

  /**
   * Prints one line about the settings and one about the data directory, after one for each
   * variable that looks like a misspelt setting; returns the exit status.
   */
  int run(ServerProcess.Program program) {
    new SettingNames()
        .likely(System.getenv())
        .forEach(
            (variable, meant) ->
                out.printf(
                    "%s: settings: no server has %s; did you mean %s?%n", server, variable, meant));
    look("settings", () -> configure(program));
    if (!failed) {
      look("storage", this::storage);
    }
    out.flush();
    return failed ? 1 : 0;
  }

  private interface Look {
    /** Returns what is fine; throws if something is not. */
    String find() throws Exception;
  }

  private void look(String what, Look look) {
    try {
      out.printf("%s: %s: %s%n", server, what, look.find());
    } catch (Exception e) {
      failed = true;
      out.printf("%s: %s: not ok: %s%n", server, what, e.getMessage());
    }
  }

  /** Reads every setting by setting up the server on an empty directory. */
  private String configure(ServerProcess.Program program) throws Exception {
    Path empty = Files.createTempDirectory("check");
    try {
      EventLog silent = new EventLog(server, OutputStream.nullOutputStream(), Clock.systemUTC());
      ServerSetup setup =
          ServerSetup.withoutPorts(
              server,
              settings.with(Map.of("STORAGE_PATH", empty.toString())),
              silent,
              WebServerConfig.builder());
      setup.bindAddress();
      try {
        program.configure(setup);
        written = setup.written();
        SiteGuard.of(settings);
        Profiles.of(settings).check();
      } finally {
        for (AutoCloseable resource : setup.resources()) {
          resource.close();
        }
      }
      return "ok";
    } finally {
      remove(empty);
    }
  }

  private static void remove(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /**
   * Checks that the server may write its data directory and its file there. If the directory does
   * not exist, checks its nearest existing parent, in which upload-server would create it.
   */
  private void requireWritable(Path directory) throws IOException {
    Path place = directory;
    while (Files.notExists(place) && place.getParent() != null) {
      place = place.getParent();
    }
    Path file = directory.resolve(written.orElseThrow());
    for (Path path : Files.exists(file) ? List.of(place, file) : List.of(place)) {
      if (!Files.isWritable(path)) {
        throw new IOException(
            "%s writes %s, but %s can't be written by user %s; expected: a directory that this user may write"
                .formatted(server, file, path, System.getProperty("user.name")));
      }
    }
  }

  private String storage() throws IOException {
    Path directory = settings.path("storage-path");
    if (written.isPresent()) {
      requireWritable(directory);
    }
    if (Files.notExists(directory)) {
      return "%s is not there yet; upload-server makes it".formatted(directory);
    }
    try (CatalogReader reader = DataDirectory.openReader(directory)) {
      if (Files.notExists(directory.resolve("catalog.db"))) {
        return "%s has no catalog yet; upload-server makes it".formatted(directory);
      }
      reader.check();
      DataDirectory.openBlobs(directory).checkReadable();
      return "ok: %s, revision %d".formatted(directory, reader.head());
    }
  }
}
