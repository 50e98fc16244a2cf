package dev.controlplane.grpc.log;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.controlplane.catalog.BlobStore;
import dev.controlplane.catalog.Update;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.DamagedBlobException;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import dev.controlplane.server.EventLog;
import dev.controlplane.server.http.VersionMetadata;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.atomic.LongAdder;

/** Encodes the messages that describe updates. Thread-safe. */
public final class UpdateEncoder {
  /** The approximate size of a message without its code, in bytes. */
  private static final int OVERHEAD = 1024;

  /** The message of a retry, which is a {@code ROLLED_BACK} to the latest version. */
  private static final String RETRY = "retry";

  private final BlobStore blobs;
  private final int inlineLimit;
  private final boolean compressible;
  private final EventLog log;
  private final LongAdder withoutCode = new LongAdder();

  /**
   * Creates an encoder that reads code from this store.
   *
   * @param inlineLimit the most bytes of code that are sent inside a message
   * @param compressible whether clients may get messages compressed
   */
  public UpdateEncoder(BlobStore blobs, int inlineLimit, boolean compressible, EventLog log) {
    this.blobs = blobs;
    this.inlineLimit = inlineLimit;
    this.compressible = compressible;
    this.log = log;
  }

  /**
   * Encodes the {@link WorkerUpdate} of an update. Code that can't be read, or is damaged, is
   * omitted: updates do not wait for a disk, and the consumer finds the code at {@code file_path}
   * once it is repaired.
   *
   * @param token where the consumer resumes after it
   */
  EncodedMessage encode(Update update, ResumeToken token) {
    return encode(update, token, travels(update) ? code(update) : ByteString.EMPTY);
  }

  /**
   * Encodes the message without its code, because there is no room for it. The consumer finds it at
   * {@code file_path}.
   */
  EncodedMessage encodeWithoutCode(Update update, ResumeToken token) {
    withoutCode.increment();
    return encode(update, token, ByteString.EMPTY);
  }

  /** How many messages were encoded without code because there was no room for it. */
  public long withoutCode() {
    return withoutCode.sum();
  }

  /** How many bytes of code the message of an update contains. */
  long codeBytes(Update update) {
    return travels(update) ? update.size() : 0;
  }

  /** The approximate memory that the message of an update may take, in bytes. */
  long memory(Update update) {
    return EncodedMessage.memory(codeBytes(update) + OVERHEAD, compressible);
  }

  private boolean travels(Update update) {
    return update.kind() != Update.Kind.DELETED && update.size() <= inlineLimit;
  }

  private EncodedMessage encode(Update update, ResumeToken token, ByteString code) {
    WorkerUpdate.Builder message =
        WorkerUpdate.newBuilder()
            .setWorkerName(update.worker())
            .setVersion(update.version())
            .setChecksum(update.digest().hex())
            .setSize(update.size())
            .setTimestamp(update.committedAt().getEpochSecond())
            .setRevision(update.revision())
            .setKind(UpdateKind.forNumber(update.kind().number()))
            .setResumeToken(token.encoded());
    if (update.kind() == Update.Kind.DELETED) {
      if (update.movedLatest() && update.latest() != null) {
        message.setMessage(update.latest());
      }
    } else {
      message.setFilePath(VersionMetadata.path(update.worker(), update.version()));
      message.setWorkerCode(code);
      if (update.retry() != null) {
        message.setMessage(RETRY);
      }
    }
    return new EncodedMessage(message.build().toByteArray(), compressible);
  }

  /** Creates a message that describes no update. */
  public static WorkerUpdate.Builder control(UpdateKind kind, ResumeToken token) {
    return WorkerUpdate.newBuilder()
        .setKind(kind)
        .setRevision(token.revision())
        .setTimestamp(Instant.now().getEpochSecond())
        .setResumeToken(token.encoded());
  }

  /** Encodes a message that only one stream sends. */
  public static EncodedMessage ofOneStream(WorkerUpdate.Builder message) {
    return new EncodedMessage(message.build().toByteArray(), false);
  }

  private ByteString code(Update update) {
    try (BlobStore.Blob blob = blobs.open(update.digest())) {
      byte[] code = new byte[Math.toIntExact(update.size())];
      int filled = 0;
      while (filled < code.length) {
        int read = blob.read(filled, code, filled, code.length - filled);
        if (read < 0) {
          throw new DamagedBlobException(
              "%s ends after %d bytes of %d".formatted(update.digest(), filled, code.length));
        }
        filled += read;
      }
      return UnsafeByteOperations.unsafeWrap(code);
    } catch (CatalogException | IOException e) {
      log.warn(
          "update-without-code",
          "revision",
          update.revision(),
          "worker",
          update.worker(),
          "version",
          update.version(),
          "reason",
          e.getMessage());
      return ByteString.EMPTY;
    }
  }
}
