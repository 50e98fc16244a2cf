package dev.controlplane.client.cli.workers;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.answers.Downloaded;
import dev.controlplane.client.cli.Cpctl;
import dev.controlplane.client.cli.ExitCode;
import dev.controlplane.client.cli.Json;
import dev.controlplane.client.cli.arguments.UsageException;
import dev.controlplane.client.cli.terminal.OutputException;
import dev.controlplane.client.cli.terminal.Terminal;
import dev.controlplane.client.cli.terminal.Text;
import dev.controlplane.client.cli.terminal.TextOnly;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "get",
    description = {
      "Downloads a version and verifies its SHA-256.",
      "",
      "A file appears complete and verified, or not at all. On standard output the bytes are good"
          + " only if the exit code is 0. A transfer that breaks is resumed a few times."
    },
    exitCodeList = {ExitCode.HELP_NOT_FOUND, ExitCode.HELP_DAMAGED},
    footer = {
      "",
      "Examples:",
      "  cpctl get greeter.js -o greeter.js",
      "  cpctl get greeter.js 1.0.0 | sha256sum"
    })
public final class GetCommand implements Callable<Integer> {
  @ParentCommand private Cpctl cpctl;

  @Parameters(index = "0", paramLabel = "NAME", description = "The worker.")
  private String name;

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "VERSION",
      description = "The version. Default: the latest.")
  private String argument;

  @Mixin private VersionOption option;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description =
          "Where to write; - is standard output. Default: standard output; with --json a file"
              + " called NAME in the working directory.")
  private String output;

  @Override
  public Integer call() throws IOException, InterruptedException {
    boolean toStdout = output == null ? !cpctl.json() : output.equals("-");
    if (toStdout && cpctl.json()) {
      throw new UsageException("--json and the file can't both go to stdout: name a file by -o");
    }
    String version = option.or(argument);
    Path file = toStdout ? null : Path.of(output == null ? name : output);
    Downloaded downloaded;
    try (ControlPlaneClient client = cpctl.client();
        TransferBar bar = new TransferBar("get", cpctl.session())) {
      downloaded =
          toStdout
              ? client.download(name, version, stdout(), bar)
              : download(client, version, file, bar);
    }
    if (!toStdout) {
      report(downloaded, file);
    }
    return ExitCode.OK;
  }

  private OutputStream stdout() {
    OutputStream out = cpctl.out();
    return output == null && cpctl.session().terminal().is(Terminal.STDOUT)
        ? new TextOnly(out)
        : out;
  }

  private Downloaded download(ControlPlaneClient client, String version, Path file, TransferBar bar)
      throws IOException, InterruptedException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + " is a directory; name a file in it");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // A rename would replace a device or a pipe by a file.
      try (OutputStream stream = Files.newOutputStream(file)) {
        return client.download(name, version, stream, bar);
      }
    }
    return client.download(name, version, file, bar);
  }

  private void report(Downloaded downloaded, Path file) throws OutputException {
    if (cpctl.json()) {
      cpctl.print(
          Json.object()
              .put("filename", downloaded.worker())
              .put("version", downloaded.version())
              .put("checksum", downloaded.checksum())
              .put("size", downloaded.size())
              .put("file", file.toString()));
    } else {
      cpctl.print(
          "%s %s: %s, sha256 %s, written to %s"
              .formatted(
                  downloaded.worker(),
                  downloaded.version(),
                  Text.size(downloaded.size()),
                  downloaded.checksum(),
                  file));
    }
  }
}
