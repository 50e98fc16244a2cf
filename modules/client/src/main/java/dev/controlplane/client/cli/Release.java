package dev.controlplane.client.cli;

import picocli.CommandLine.IVersionProvider;

/** The release of this cpctl, from the jar's manifest. */
final class Release implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"cpctl " + number()};
  }

  /** Returns the release without the program's name. */
  static String number() {
    String release = Cpctl.class.getPackage().getImplementationVersion();
    return release == null ? "(not from a jar)" : release;
  }
}
