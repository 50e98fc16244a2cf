package dev.controlplane.transport.http1;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.WritableHeaders;

/**
 * Adapts the HTTP/1.0 requests of one connection, which Helidon processes as HTTP/1.1 (RFC 9112,
 * appendix C.2).
 *
 * <p>An HTTP/1.0 request is the last one on its connection and may lack a Host header. Its client
 * understands neither 100 (Continue) nor chunks: an answer of unknown length ends with the
 * connection.
 */
final class OldVersion {
  /** What the next buffer that Helidon writes contains. */
  private enum Answer {
    AS_IT_IS,
    HEAD_OF_CHUNKED,
    CHUNKS
  }

  private static final int CR_LF = 2;

  private boolean asked;
  private Answer answer = Answer.AS_IT_IS;

  /**
   * Completes the head of a request.
   *
   * @param old whether the request is HTTP/1.0
   * @param host used if the request has no Host header
   * @throws io.helidon.http.RequestException 400 if the request has a Transfer-Encoding, which
   *     HTTP/1.0 does not know
   */
  void request(boolean old, WritableHeaders<?> headers, String host) {
    asked = old;
    answer = Answer.AS_IT_IS;
    if (old) {
      if (headers.contains(HeaderNames.TRANSFER_ENCODING)) {
        throw RequestHost.refusal(
            "HTTP/1.0 has no Transfer-Encoding; expected: Content-Length, or HTTP/1.1");
      }
      headers.set(HeaderValues.CONNECTION_CLOSE);
      headers.remove(HeaderNames.EXPECT);
      headers.remove(HeaderNames.TE);
      if (!headers.contains(HeaderNames.HOST)) {
        headers.set(HeaderNames.HOST, host);
      }
    }
  }

  /**
   * Removes chunked encoding from the head of an answer to HTTP/1.0. Must be called before the head
   * is written.
   */
  void answers(WritableHeaders<?> headers) {
    if (asked && headers.containsToken(HeaderValues.TRANSFER_ENCODING_CHUNKED)) {
      headers.remove(HeaderNames.TRANSFER_ENCODING);
      answer = Answer.HEAD_OF_CHUNKED;
    }
  }

  /**
   * Returns the part of a buffer that the client gets. Helidon writes the head, and each chunk, in
   * one buffer.
   */
  BufferData outgoing(BufferData buffer) {
    return switch (answer) {
      case AS_IT_IS -> buffer;
      case HEAD_OF_CHUNKED -> {
        answer = Answer.CHUNKS;
        yield buffer;
      }
      case CHUNKS -> content(buffer);
    };
  }

  private static BufferData content(BufferData chunk) {
    int size = chunk.indexOf((byte) '\n') + 1;
    chunk.skip(size);
    int length = chunk.available() - CR_LF;
    byte[] content = new byte[Math.max(0, length)];
    chunk.read(content);
    return BufferData.create(content);
  }
}
