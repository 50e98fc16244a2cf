package dev.controlplane.client.cli.arguments;

import dev.controlplane.client.stream.Subscription;
import java.time.Duration;
import picocli.CommandLine.Option;

/** The option {@code --silence} of commands that follow a stream. */
public final class Silence {
  @Option(
      names = "--silence",
      paramLabel = "TIME",
      converter = TimeSpan.class,
      description =
          "Connect again after so long without any message, such as 90s or 2m. Use a few times the"
              + " server's BOOKMARK_INTERVAL. Default: 60s. 0s: never.")
  private Duration given;

  public Duration limit() {
    return given == null ? Subscription.SILENCE : given;
  }
}
