package dev.controlplane.client.answers;

/**
 * The release of a server.
 *
 * @param name the server's name, such as {@code upload-server}
 * @param version such as {@code 0.1.0}
 */
public record ServerVersion(String name, String version) {
  /**
   * Whether a client of this release is compatible with the server: the API may change with the
   * first number, and before 1.0 with the second.
   */
  public boolean fits(String client) {
    return api(version).equals(api(client));
  }

  private static String api(String version) {
    String[] numbers = version.split("[.-]", 3);
    return numbers[0].equals("0") && numbers.length > 1 ? "0." + numbers[1] : numbers[0];
  }
}
