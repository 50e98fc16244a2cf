package dev.controlplane.server;

/** The release of this code, from the jar's manifest. */
final class Release {
  private Release() {}

  /** Such as {@code 0.1.0}; {@code unknown} without a jar. */
  static String version() {
    String version = Release.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version;
  }
}
