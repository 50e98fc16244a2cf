package dev.controlplane.transport.http1;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import java.util.function.LongSupplier;

/** Corrects the heads of one connection's answers before Helidon writes them. Not thread-safe. */
final class AnswerHead {
  private final OldVersion oldVersion;
  private Status status = Status.OK_200;

  /** For an answer to HEAD: the Content-Length to send. Null to keep Helidon's. */
  private LongSupplier lengthOfHead;

  AnswerHead(OldVersion oldVersion) {
    this.oldVersion = oldVersion;
  }

  /** See {@link TimedConnection#lengthOfNextAnswer}. */
  void lengthOfHead(LongSupplier bytes) {
    lengthOfHead = bytes;
  }

  /** The answer's status; comes before its headers. */
  void status(Status ofAnswer) {
    status = ofAnswer;
  }

  /** The answer's headers, which are written after this call. */
  void headers(WritableHeaders<?> headers) {
    if (status.code() == 304 || status.code() == 204) {
      // Helidon sets 0, but it would be the unchanged file's length (RFC 9110, section 8.6).
      headers.remove(HeaderNames.CONTENT_LENGTH);
    } else if (lengthOfHead != null) {
      headers.set(HeaderNames.CONTENT_LENGTH, Long.toString(lengthOfHead.getAsLong()));
    }
    lengthOfHead = null;
    oldVersion.answers(headers);
  }
}
