package dev.controlplane.client.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.Endpoints;
import dev.controlplane.client.GrpcAddress;
import dev.controlplane.client.Proxies;
import dev.controlplane.client.RetryPolicy;
import dev.controlplane.client.cli.arguments.Address;
import dev.controlplane.client.cli.arguments.Mistake;
import dev.controlplane.client.cli.arguments.UsageException;
import dev.controlplane.client.cli.terminal.Output;
import dev.controlplane.client.cli.terminal.OutputException;
import dev.controlplane.client.cli.terminal.Style;
import dev.controlplane.client.cli.terminal.Terminal;
import dev.controlplane.client.cli.terminal.Text;
import dev.controlplane.client.cli.terminal.Times;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command {@code cpctl}, and what its commands share. */
@Command(
    name = "cpctl",
    description = "Publishes and downloads versioned worker bundles, and follows updates.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = Release.class,
    footer = {
      "",
      "HTTP goes through the proxies that http_proxy, https_proxy, all_proxy and no_proxy name, as"
          + " with curl. gRPC in clear text uses no proxy.",
      "",
      "A name that begins with - goes after --, or is written as --name=-x.",
      "",
      "Examples:",
      "  cpctl upload greeter.js --name greeter.js --version 1.0.0",
      "  cpctl help upload",
      "  source <(cpctl completion bash)"
    })
public final class Cpctl implements Runnable {
  private final Session session;
  private final Output out;
  private final String release;

  @Spec private CommandSpec spec;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Write the result as JSON, one object a line.")
  private boolean json;

  @Option(
      names = "--utc",
      scope = ScopeType.INHERIT,
      description = "Show times in UTC. Default: in the local time zone; with --json always UTC.")
  private boolean utc;

  @Option(
      names = "--upload-url",
      scope = ScopeType.INHERIT,
      paramLabel = "URL",
      description =
          "The upload-server. Default: $CPCTL_UPLOAD_URL, else " + Endpoints.DEFAULT_UPLOAD + ".")
  private String uploadUrl;

  @Option(
      names = "--consumer-url",
      scope = ScopeType.INHERIT,
      paramLabel = "URL",
      description =
          "The consumer-server. Default: $CPCTL_CONSUMER_URL, else "
              + Endpoints.DEFAULT_CONSUMER
              + ".")
  private String consumerUrl;

  @Option(
      names = "--grpc",
      scope = ScopeType.INHERIT,
      paramLabel = "HOST:PORT",
      description =
          "The grpc-server's gRPC port; https://HOST:PORT for TLS. Default: $CPCTL_GRPC, else "
              + Endpoints.DEFAULT_GRPC
              + ".")
  private String grpc;

  @Option(
      names = "--grpc-http-url",
      scope = ScopeType.INHERIT,
      paramLabel = "URL",
      description =
          "The grpc-server's HTTP port. Default: $CPCTL_GRPC_HTTP_URL, else "
              + Endpoints.DEFAULT_GRPC_HTTP
              + ".")
  private String grpcHttpUrl;

  @SuppressWarnings("unused") // picocli acts on it by itself
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  private boolean help;

  @SuppressWarnings("unused") // picocli acts on it by itself
  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show cpctl's own version.")
  private boolean version;

  /** Creates a command for a session. */
  public Cpctl(Session session) {
    this(session, Release.number());
  }

  /** The same as if it were of another release. */
  public Cpctl(Session session, String release) {
    this.release = release;
    this.session = session;
    this.out =
        new Output(
            session.out(), () -> session.hasColours(Terminal.STDOUT) && !json, session::columns);
  }

  /** Runs one command and returns its exit code. */
  public int run(String... arguments) {
    for (String argument : arguments) {
      if (argument.indexOf('\uFFFD') >= 0) {
        session
            .err()
            .println(
                "cpctl: an argument is not ASCII, and this locale is not UTF-8: set"
                    + " LC_ALL=C.UTF-8");
        return ExitCode.USAGE;
      }
    }
    CommandLine line =
        commandLine(arguments.length == 0 ? Commands.ALL : Commands.wanted(arguments[0]));
    int code = line.execute(arguments);
    line.getOut().flush();
    OutputException failure = out.failure();
    if (failure == null) {
      return code;
    }
    if (failure.readerGone()) {
      return ExitCode.NO_READER;
    }
    failed(failure.getMessage());
    return ExitCode.FAILED;
  }

  /** Creates the command line with these commands. */
  CommandLine commandLine(Map<String, Class<?>> commands) {
    CommandLine line = new CommandLine(this);
    commands.forEach(line::addSubcommand);
    line
        // A worker may be called @scope or 'x'.
        .setExpandAtFiles(false)
        .setTrimQuotes(false)
        .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(session.err(), true, StandardCharsets.UTF_8))
        .setUsageHelpAutoWidth(false)
        .setUsageHelpWidth(helpWidth())
        .setColorScheme(
            Help.defaultColorScheme(
                session.hasColours(Terminal.STDOUT) ? Help.Ansi.ON : Help.Ansi.OFF))
        .setParameterExceptionHandler(
            (failure, _) -> {
              return usage(failure.getCommandLine(), Mistake.told(failure));
            })
        .setExecutionExceptionHandler((failure, failed, _) -> ended(failed, failure));
    Commands.describe(line);
    return line;
  }

  /** picocli can't format help for less than 55 columns; a narrower terminal wraps the lines. */
  private int helpWidth() {
    int columns = session.columns();
    return columns == 0 ? 80 : Math.clamp(columns, 55, 100);
  }

  private int usage(CommandLine line, String problem) {
    failed(problem);
    session.err().println("See '" + line.getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.USAGE;
  }

  private int ended(CommandLine line, Exception failure) throws InterruptedException {
    if (failure instanceof UsageException) {
      return usage(line, failure.getMessage());
    }
    if (failure instanceof OutputException) {
      return ExitCode.FAILED;
    }
    Failure told = Failure.of(failure);
    if (told.code() != ExitCode.INTERRUPTED) {
      failed(told.message() + OtherRelease.told(this, failure));
    }
    return told.code();
  }

  /** Runs if there is no command: an error with the usage. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** The release of this cpctl. */
  public String release() {
    return release;
  }

  public Session session() {
    return session;
  }

  public boolean json() {
    return json;
  }

  /** The output for results. */
  public Output out() {
    return out;
  }

  /** Writes a result without buffering, so that readers see it at once. */
  public void print(ObjectNode object) throws OutputException {
    out.print(object + "\n");
  }

  /** Writes a result. */
  public void print(String line) throws OutputException {
    out.print(Text.line(line) + "\n");
  }

  /** Writes a note for people to standard error. */
  public void note(String line) {
    session.err().println("cpctl: " + Text.line(line));
  }

  /** Writes the reason of a failure to standard error. */
  private void failed(String line) {
    boolean colours = session.hasColours(Terminal.STDERR);
    session.err().println(Style.RED.of("cpctl:", colours) + " " + Text.line(line));
  }

  /** Converts a time in RFC 3339 for people; empty stays empty. */
  public String time(String text) {
    return times().of(text);
  }

  /** Formats a time for people. */
  public String time(Instant time) {
    return times().of(time);
  }

  private Times times() {
    return new Times(utc ? ZoneOffset.UTC : ZoneId.systemDefault());
  }

  /** Creates a client of the servers that the options name. */
  public ControlPlaneClient client() {
    return new ControlPlaneClient(endpoints(), RetryPolicy.DEFAULT, proxies());
  }

  private Proxies proxies() {
    try {
      return Proxies.of(session.environment());
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
  }

  public Endpoints endpoints() {
    var environment = session.environment();
    return new Endpoints(
        Address.UPLOAD.resolve(
            uploadUrl, environment, Endpoints.DEFAULT_UPLOAD, Endpoints::httpUrl),
        Address.CONSUMER.resolve(
            consumerUrl, environment, Endpoints.DEFAULT_CONSUMER, Endpoints::httpUrl),
        Address.GRPC.resolve(grpc, environment, Endpoints.DEFAULT_GRPC, GrpcAddress::parse),
        Address.GRPC_HTTP.resolve(
            grpcHttpUrl, environment, Endpoints.DEFAULT_GRPC_HTTP, Endpoints::httpUrl));
  }
}
