package dev.controlplane.client.cli.arguments;

import dev.controlplane.client.Server;
import java.util.Map;
import java.util.function.Function;

/**
 * The option and the environment variable that give a server's address. The option wins.
 *
 * @param option name of the option
 * @param variable name of the environment variable
 */
public record Address(String option, String variable) {
  public static final Address UPLOAD = new Address("--upload-url", "CPCTL_UPLOAD_URL");
  public static final Address CONSUMER = new Address("--consumer-url", "CPCTL_CONSUMER_URL");
  public static final Address GRPC = new Address("--grpc", "CPCTL_GRPC");
  public static final Address GRPC_HTTP = new Address("--grpc-http-url", "CPCTL_GRPC_HTTP_URL");

  public static Address of(Server server) {
    return switch (server) {
      case UPLOAD -> UPLOAD;
      case CONSUMER -> CONSUMER;
      case GRPC -> GRPC;
      case GRPC_HTTP -> GRPC_HTTP;
    };
  }

  /** Returns the parsed address. An empty variable counts as unset. */
  public <T> T resolve(
      String given, Map<String, String> environment, String standard, Function<String, T> parser) {
    String fromEnvironment = environment.getOrDefault(variable, "");
    String source = option;
    String text = given;
    if (text == null && !fromEnvironment.isEmpty()) {
      source = variable;
      text = fromEnvironment;
    }
    try {
      return parser.apply(text == null ? standard : text);
    } catch (IllegalArgumentException e) {
      throw new UsageException(source + ": " + e.getMessage());
    }
  }

  @Override
  public String toString() {
    return option + " or " + variable;
  }
}
