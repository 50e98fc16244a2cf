package dev.controlplane.transport.http2;

/** The decision about an inbound frame. */
sealed interface Verdict {
  /** The frame was processed completely; Helidon does not see it. */
  Verdict DONE = new Done();

  /**
   * Helidon reads these bytes: the frame, or a replacement.
   *
   * @param bytes whole frames; of a malformed frame, as much as Helidon needs to report the error
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Pass(byte[] bytes) implements Verdict {}

  /** See {@link #DONE}. */
  record Done() implements Verdict {}

  /** The frame's stream must end with RST_STREAM. */
  record ResetStream(int streamId, int errorCode) implements Verdict {}

  /** The connection must end with GOAWAY. */
  record EndConnection(int errorCode) implements Verdict {}
}
