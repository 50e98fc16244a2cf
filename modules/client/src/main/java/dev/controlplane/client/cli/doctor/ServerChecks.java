package dev.controlplane.client.cli.doctor;

import dev.controlplane.client.ControlPlaneClient;
import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.RefusedException;
import dev.controlplane.client.Server;
import dev.controlplane.client.UnreachableException;
import dev.controlplane.client.answers.ServerHealth;
import dev.controlplane.client.answers.ServerVersion;
import dev.controlplane.client.cli.arguments.Address;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/** Checks one server over HTTP: whether it answers, its release, its health, its clock. */
final class ServerChecks {
  /** Clocks that are set by NTP differ by less than this. */
  private static final Duration APART = Duration.ofSeconds(2);

  private final ControlPlaneClient client;
  private final String release;
  private final Consumer<Finding> findings;

  ServerChecks(ControlPlaneClient client, String release, Consumer<Finding> findings) {
    this.client = client;
    this.release = release;
    this.findings = findings;
  }

  /** Whether the server answers. */
  boolean look(Server server) throws IOException, InterruptedException {
    try {
      ServerVersion version = client.version(server);
      if (version.isOfAnother(server)) {
        findings.accept(
            Finding.fail(
                server.toString(),
                "%s answers at its address".formatted(version.name()),
                "correct " + Address.of(server)));
        return false;
      }
      findings.accept(version(server, version));
    } catch (UnreachableException e) {
      findings.accept(
          Finding.fail(
              server.toString(),
              e.getMessage(),
              "start it, or set its address: " + Address.of(server)));
      return false;
    } catch (RefusedException e) {
      findings.accept(
          Finding.fail(
              server.toString(),
              "it does not tell its release: " + e.getMessage(),
              "update it if it is older than cpctl; if a proxy is in between, give it the route"
                  + " /version"));
    } catch (ControlPlaneException e) {
      findings.accept(
          Finding.fail(
              server.toString(), e.getMessage(), "check its address: " + Address.of(server)));
      return false;
    }
    health(server);
    return true;
  }

  private Finding version(Server server, ServerVersion version) {
    String found = "release " + version.version();
    if (version.fits(release)) {
      return Finding.ok(server.toString(), found);
    }
    return Finding.fail(
        server.toString(),
        "%s does not fit cpctl %s".formatted(found, release),
        version.comparedTo(release) > 0 ? "update cpctl" : "update the server");
  }

  private void health(Server server) throws IOException, InterruptedException {
    Instant before = Instant.now();
    ServerHealth health;
    try {
      health = client.health(server);
    } catch (ControlPlaneException e) {
      findings.accept(
          Finding.warn(
              server + " health",
              e.getMessage(),
              "if a proxy is in between, give it the route /observe/health"));
      return;
    }
    Instant after = Instant.now();
    if (health.up()) {
      findings.accept(Finding.ok(server + " health", "storage and all other checks are up"));
    } else {
      findings.accept(
          Finding.fail(
              server + " health",
              "down: " + String.join("; ", health.down()),
              "mend what the reason names; docs/operations.md has the cases"));
    }
    if (health.clock() != null) {
      findings.accept(clock(server, health.clock(), before, after));
    }
  }

  /**
   * Compares the clocks.
   *
   * @param clock the server's, without the fraction of the second
   * @param before own time before the question
   * @param after own time after the answer
   */
  static Finding clock(Server server, Instant clock, Instant before, Instant after) {
    Duration ahead = Duration.between(after, clock);
    Duration behind = Duration.between(clock.plusSeconds(1), before);
    String advice = "set both clocks, by NTP for example: --since and ages depend on them";
    if (ahead.compareTo(APART) >= 0) {
      return Finding.warn(
          server + " clock", ahead.toSeconds() + " s ahead of this machine's", advice);
    }
    if (behind.compareTo(APART) >= 0) {
      return Finding.warn(
          server + " clock", behind.toSeconds() + " s behind this machine's", advice);
    }
    return Finding.ok(server + " clock", "as this machine's");
  }
}
