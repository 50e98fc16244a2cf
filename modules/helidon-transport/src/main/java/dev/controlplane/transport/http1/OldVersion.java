package dev.controlplane.transport.http1;

import io.helidon.common.buffers.BufferData;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.WritableHeaders;

/**
 * The requests of HTTP/1.0 of one connection (RFC 9112, appendix C.2), which Helidon takes for
 * requests of HTTP/1.1: each is the last of its connection, may come without Host, knows neither
 * 100 (Continue) nor chunks, and gets an answer of unknown length up to the end of the connection.
 */
final class OldVersion {
  /** Where in an answer the connection is. */
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
   * @param old whether it is one of HTTP/1.0
   * @param host what stands for the name of the server if the request has none
   * @throws io.helidon.http.RequestException 400 if the length of its body can't be known
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

  /** Takes the chunks out of the head of an answer, before it is written. */
  void answers(WritableHeaders<?> headers) {
    if (asked && headers.containsToken(HeaderValues.TRANSFER_ENCODING_CHUNKED)) {
      headers.remove(HeaderNames.TRANSFER_ENCODING);
      answer = Answer.HEAD_OF_CHUNKED;
    }
  }

  /** What of a buffer goes to the client. Helidon writes a head, and each chunk, in one buffer. */
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
