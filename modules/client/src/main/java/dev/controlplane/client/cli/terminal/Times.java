package dev.controlplane.client.cli.terminal;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;

/**
 * Times for people: in their own zone, with its offset, to the second or to the millisecond as the
 * server wrote them.
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

  /** A time of RFC 3339 in this zone; what is not one stays as it is. */
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
