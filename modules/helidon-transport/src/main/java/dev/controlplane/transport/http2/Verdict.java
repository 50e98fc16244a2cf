package dev.controlplane.transport.http2;

/** What a frame that came in leads to. */
sealed interface Verdict {
  /** All that there is to do with it is done; Helidon does not see it. */
  Verdict DONE = new Done();

  /**
   * Helidon reads these bytes, which are the frame or stand in its place.
   *
   * @param bytes whole frames, or as much of one as there is to say what is wrong with it
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Pass(byte[] bytes) implements Verdict {}

  /** See {@link #DONE}. */
  record Done() implements Verdict {}

  /** The frame's stream ends with RST_STREAM. */
  record ResetStream(int streamId, int errorCode) implements Verdict {}

  /** The connection ends with GOAWAY. */
  record EndConnection(int errorCode) implements Verdict {}
}
