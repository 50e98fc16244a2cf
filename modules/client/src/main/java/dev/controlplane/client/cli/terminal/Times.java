package dev.controlplane.client.cli.terminal;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;

/**
 * Formats times for people: in their time zone, with its offset, in milliseconds where they are
 * known: the stream tells seconds.
 */
public final class Times {
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ssXXX");
  private static final DateTimeFormatter MILLISECONDS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSXXX");

  private final ZoneId zone;

  public Times(ZoneId zone) {
    this.zone = zone;
  }

  /** Converts a time in RFC 3339 to this zone; returns other text unchanged. */
  public String of(String text) {
    try {
      return of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeParseException e) {
      return text;
    }
  }

  public String of(Instant time) {
    ZonedDateTime local = time.atZone(zone);
    return (local.getNano() == 0 ? SECONDS : MILLISECONDS).format(local);
  }
}
