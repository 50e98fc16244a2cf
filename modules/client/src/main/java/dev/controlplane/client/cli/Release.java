package dev.controlplane.client.cli;

import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest. */
final class Release implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"cpctl " + number()};
  }

  /** The release alone. */
  static String number() {
    String release = Cpctl.class.getPackage().getImplementationVersion();
    return release == null ? "(not from a jar)" : release;
  }
}
