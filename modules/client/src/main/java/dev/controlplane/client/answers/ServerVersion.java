package dev.controlplane.client.answers;

import dev.controlplane.client.Server;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The release of a server.
 *
 * @param name the server's name, such as {@code upload-server}
 * @param version such as {@code 0.1.0}
 */
public record ServerVersion(String name, String version) {
  private static final Pattern NUMBERS = Pattern.compile("(\\d{1,9})\\.(\\d{1,9})\\.(\\d{1,9})");

  /**
   * Whether a client of this release is compatible with the server: the API may change with the
   * first number, and before 1.0 with the second.
   */
  public boolean fits(String client) {
    return api(version).equals(api(client));
  }

  /** Whether another server of a control plane answered than the one that was asked. */
  public boolean isOfAnother(Server asked) {
    return !name.equals(asked.toString())
        && Stream.of(Server.values()).anyMatch(server -> server.toString().equals(name));
  }

  /**
   * Whether this server is older (less than 0) or newer (more than 0) than a client; 0 if they are
   * of one release, or if that can't be told.
   */
  public int comparedTo(String client) {
    Matcher own = NUMBERS.matcher(version);
    Matcher other = NUMBERS.matcher(client);
    if (!own.lookingAt() || !other.lookingAt()) {
      return 0;
    }
    for (int i = 1; i <= own.groupCount(); i++) {
      int order = Integer.compare(Integer.parseInt(own.group(i)), Integer.parseInt(other.group(i)));
      if (order != 0) {
        return order;
      }
    }
    return 0;
  }

  private static String api(String version) {
    String[] numbers = version.split("[.-]", 3);
    return numbers[0].equals("0") && numbers.length > 1 ? "0." + numbers[1] : numbers[0];
  }
}
