package dev.controlplane.client.cli.workers;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.Names;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.answers.Change;
import dev.controlplane.client.answers.Page;
import dev.controlplane.client.answers.VersionInfo;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.Session;
import dev.controlplane.client.cli.arguments.UsageException;
import dev.controlplane.client.cli.terminal.Terminal;
import dev.controlplane.client.cli.terminal.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "delete",
    customSynopsis = "cpctl delete [OPTIONS] NAME VERSION",
    description = {
      "Deletes a version. Every subscriber receives the update.",
      "",
      "If it was the latest, the newest version that is left becomes the latest. Deleting the last"
          + " version removes the worker, also from every consumer: cpctl asks first, unless --yes"
          + " is given. Where nobody can be asked, --yes is required.",
      "",
      "The version's name stays used until the log no longer has the deletion: the same bytes bring"
          + " the version back, other bytes are a conflict."
    },
    exitCodeList = ExitCode.HELP_NOT_FOUND,
    footer = {
      "",
      "Examples:",
      "  cpctl delete greeter.js 1.0.0",
      "  cpctl delete greeter.js 1.1.0 --yes"
    })
public final class DeleteCommand implements Callable<Integer> {
  private static final int LONGEST_ANSWER = 100;

  @ParentCommand private Cpctl cpctl;

  @Mixin private WorkerVersion arguments;

  @Option(
      names = {"-y", "--yes"},
      description = "Delete the last version of a worker without a question.")
  private boolean yes;

  @Override
  public Integer call() throws IOException, InterruptedException {
    String version = Names.checked("the version's name", arguments.version("delete"));
    String name = arguments.name();
    Change change;
    try (ControlPlaneClient client = cpctl.client()) {
      if (!yes && isLast(client, version) && !agreed(version)) {
        cpctl.note("nothing was deleted");
        return ExitCode.FAILED;
      }
      change = client.delete(name, version);
    }
    if (cpctl.json()) {
      cpctl.print(Json.of(name, version, change));
    } else {
      cpctl.print("%s %s deleted, revision %d".formatted(name, version, change.revision()));
    }
    return ExitCode.OK;
  }

  private boolean isLast(ControlPlaneClient client, String version)
      throws IOException, InterruptedException {
    try {
      Page<VersionInfo> first = client.versions(arguments.name(), 2, null).page();
      return first.items().size() == 1
          && first.items().getFirst().version().equals(version)
          // The server's pages have one version each.
          && first.next() == null;
    } catch (RefusedException e) {
      if (e.reason() != RefusedException.Reason.NOT_FOUND) {
        throw e;
      }
      // There is no such worker; upload-server will say so.
      return false;
    }
  }

  private boolean agreed(String version) throws IOException {
    String what = "%s is the only version of %s".formatted(version, arguments.name());
    Session session = cpctl.session();
    if (!session.terminal().is(Terminal.STDIN) || !session.terminal().is(Terminal.STDERR)) {
      throw new UsageException(what + ": --yes deletes the worker, also from every consumer");
    }
    session
        .err()
        .print(
            Text.line(what)
                + ". To delete it deletes the worker, also from every consumer. Delete? [y/N] ");
    session.err().flush();
    return Set.of("y", "yes").contains(line(session.in()).strip().toLowerCase(Locale.ROOT));
  }

  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n' && line.size() < LONGEST_ANSWER; b = in.read()) {
      line.write(b);
    }
    return line.toString(StandardCharsets.UTF_8);
  }
}
