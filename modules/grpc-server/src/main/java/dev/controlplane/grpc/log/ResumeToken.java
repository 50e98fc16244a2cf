package dev.controlplane.grpc.log;

import dev.controlplane.catalog.LogState;
import dev.controlplane.catalog.Update;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * A position in a log, at which a consumer can resume. It is opaque to consumers.
 *
 * <p>Encoding: base64url of
 *
 * <ul>
 *   <li>form, 1 byte: 1 outside of a snapshot, 2 inside a snapshot, 3 inside a whole snapshot
 *   <li>log id, 16 bytes; epoch, 8; revision, 8; fingerprint, 4
 *   <li>inside a snapshot, the name after which it continues, in UTF-8
 *   <li>CRC-32C of everything before, 4 bytes
 * </ul>
 *
 * @param logId the log; empty before there is one
 * @param epoch of the log
 * @param revision up to which the consumer got everything, or whose snapshot it is getting
 * @param fingerprint of the update with that revision, which distinguishes a log that continued
 *     differently after a restore; 0 if unknown
 * @param snapshotAfter the name after which the snapshot of {@code revision} continues, empty for
 *     its start; null if the consumer has the snapshot or did not ask for one
 * @param whole whether the snapshot contains every worker, even those that the consumer already
 *     holds; false outside of a snapshot
 */
public record ResumeToken(
    String logId, long epoch, long revision, int fingerprint, String snapshotAfter, boolean whole) {
  private static final byte FORM = 1;
  private static final byte FORM_IN_SNAPSHOT = 2;
  private static final byte FORM_IN_WHOLE_SNAPSHOT = 3;
  private static final int FIXED = 1 + 16 + 8 + 8 + 4;
  private static final int CHECK = 4;

  /** The longest token, in characters. A name of 255 bytes fits. */
  private static final int MAX_TEXT = 512;

  /** The position after an update. */
  static ResumeToken after(LogState log, Update update) {
    return new ResumeToken(
        log.id(), log.epoch(), update.revision(), fingerprint(update), null, false);
  }

  /** The start of the snapshot of the same revision. */
  public ResumeToken startOfSnapshot(boolean everyWorker) {
    return new ResumeToken(logId, epoch, revision, fingerprint, "", everyWorker);
  }

  /** The position after a name in the same snapshot. */
  public ResumeToken inSnapshot(String after) {
    return new ResumeToken(logId, epoch, revision, fingerprint, after, whole);
  }

  /** The position after the snapshot of the same revision. */
  public ResumeToken afterSnapshot() {
    return new ResumeToken(logId, epoch, revision, fingerprint, null, false);
  }

  /** The identity of the log for consumers, to whom it is opaque. */
  public String log() {
    return logId + "/" + epoch;
  }

  public boolean isInSnapshot() {
    return snapshotAfter != null;
  }

  /** A checksum of an update's content; never 0. */
  static int fingerprint(Update update) {
    CRC32C crc = new CRC32C();
    for (String field :
        new String[] {
          update.kind().name(),
          update.worker(),
          update.version(),
          update.digest().hex(),
          String.valueOf(update.committedAt().toEpochMilli())
        }) {
      crc.update(field.getBytes(StandardCharsets.UTF_8));
      crc.update(0);
    }
    int value = (int) crc.getValue();
    return value == 0 ? 1 : value;
  }

  public String encoded() {
    byte[] after = isInSnapshot() ? snapshotAfter.getBytes(StandardCharsets.UTF_8) : new byte[0];
    ByteBuffer bytes = ByteBuffer.allocate(FIXED + after.length + CHECK);
    UUID id = logId.isEmpty() ? new UUID(0, 0) : UUID.fromString(logId);
    bytes
        .put(form())
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .putLong(epoch)
        .putLong(revision)
        .putInt(fingerprint)
        .put(after);
    bytes.putInt(check(bytes.array()));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  private byte form() {
    if (!isInSnapshot()) {
      return FORM;
    }
    return whole ? FORM_IN_WHOLE_SNAPSHOT : FORM_IN_SNAPSHOT;
  }

  /** Decodes a token; returns empty if it did not come from {@link #encoded}. */
  public static Optional<ResumeToken> decoded(String text) {
    if (text.length() > MAX_TEXT) {
      return Optional.empty();
    }
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (bytes.length < FIXED + CHECK) {
      return Optional.empty();
    }
    ByteBuffer fields = ByteBuffer.wrap(bytes);
    byte form = fields.get();
    UUID id = new UUID(fields.getLong(), fields.getLong());
    ResumeToken token =
        new ResumeToken(
            id.equals(new UUID(0, 0)) ? "" : id.toString(),
            fields.getLong(),
            fields.getLong(),
            fields.getInt(),
            form == FORM_IN_SNAPSHOT || form == FORM_IN_WHOLE_SNAPSHOT
                ? new String(bytes, FIXED, bytes.length - FIXED - CHECK, StandardCharsets.UTF_8)
                : null,
            form == FORM_IN_WHOLE_SNAPSHOT);
    // Encoding it again detects a failed checksum and texts that decode only leniently.
    return token.encoded().equals(text) ? Optional.of(token) : Optional.empty();
  }

  private static int check(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, bytes.length - CHECK);
    return (int) crc.getValue();
  }
}
