package dev.controlplane.server;

/** The release that this code is of: it stands in the manifest of the jar. */
final class Release {
  private Release() {}

  /** Such as {@code 0.1.0}; {@code unknown} where there is no jar. */
  static String version() {
    String version = Release.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }
}
