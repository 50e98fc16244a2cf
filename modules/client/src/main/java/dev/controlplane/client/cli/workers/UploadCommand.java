package dev.controlplane.client.cli.workers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.answers.Published;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.terminal.OutputException;
import dev.controlplane.client.cli.terminal.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "upload",
    description = {
      "Publishes a file as a version of a worker. The version becomes the worker's latest.",
      "",
      "A version never changes. The same bytes again succeed and change nothing, so an upload"
          + " without an answer may be repeated. Other bytes are a conflict (exit code 5)."
    },
    exitCodeList = {ExitCode.HELP_CONFLICT, ExitCode.HELP_DAMAGED, ExitCode.HELP_NOT_ACTIVE},
    footer = {
      "",
      "Examples:",
      "  cpctl upload greeter.js --name greeter.js --version 1.0.0",
      "  tar c dist | cpctl upload - --name site --version 42",
      "  cpctl upload g.js --name greeter.js --version 2 --wait-active 95%% --timeout 5m"
    })
public final class UploadCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Parameters(paramLabel = "FILE", description = "The file to publish; - reads standard input.")
  private String file;

  @Option(
      names = "--name",
      required = true,
      paramLabel = "NAME",
      description = "The worker: 1 to 255 bytes of UTF-8, no /, no \\.")
  private String name;

  @Option(
      names = "--version",
      required = true,
      paramLabel = "V",
      description = "The version; the same rule as for NAME.")
  private String version;

  @Mixin private Rollout rollout;

  @Override
  public Integer call() throws IOException, InterruptedException {
    rollout.check();
    Published published = upload();
    report(published);
    if (!rollout.isAsked()) {
      return ExitCode.OK;
    }
    try (ControlPlaneClient client = cpctl.client()) {
      return rollout.await(cpctl, client, published.info().worker(), published.info().version());
    }
  }

  private Published upload() throws IOException, InterruptedException {
    try (ControlPlaneClient client = cpctl.client();
        TransferBar bar = new TransferBar("upload", cpctl.session())) {
      return file.equals("-")
          ? client.upload(name, version, cpctl.session().in(), bar)
          : client.upload(name, version, readable(Path.of(file)), bar);
    }
  }

  private void report(Published published) throws OutputException {
    if (cpctl.json()) {
      ObjectNode answer = Json.object().put("success", true).put("message", published.message());
      answer.set("metadata", Json.of(published.info()));
      cpctl.print(answer.put("created", published.created()).put("revision", published.revision()));
    } else {
      cpctl.print(
          "%s %s %s: %s, sha256 %s, revision %d"
              .formatted(
                  published.info().worker(),
                  published.info().version(),
                  published.created() ? "published" : "unchanged, it was there",
                  Text.size(published.info().size()),
                  published.info().checksum(),
                  published.revision()));
    }
  }

  private static Path readable(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new IOException(path + " is a directory; a version is one file");
    }
    return path;
  }
}
