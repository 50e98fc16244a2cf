package dev.controlplane.pprof.http;

import dev.controlplane.pprof.GoroutineProfiler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Serves {@code /debug/pprof/symbol}: the function names of addresses in this process's profiles,
 * given as {@code 0x1+0x2} in the query or in the body of a POST. Unlike Go's mux since 1.22, it
 * accepts the POST that {@code go tool pprof} sends.
 */
final class SymbolEndpoint {
  /** {@code go tool pprof} sends all addresses of a profile at once, 19 bytes each. */
  private static final int MAX_BODY = 4 << 20;

  private SymbolEndpoint() {}

  static void answer(Reply reply) throws IOException {
    String addresses = reply.exchange().rawQuery();
    if (reply.method().equals("POST")) {
      byte[] bytes;
      try (InputStream body = reply.exchange().body()) {
        bytes = body.readNBytes(MAX_BODY + 1);
      } catch (IOException e) {
        reply.error(400, "reading request: " + e.getMessage());
        return;
      }
      if (bytes.length > MAX_BODY) {
        reply
            .header("Connection", "close")
            .error(413, "too many addresses: at most " + MAX_BODY + " bytes of them");
        return;
      }
      addresses = new String(bytes, StandardCharsets.ISO_8859_1);
    }
    reply.send(200, Reply.TEXT, lookUp(addresses));
  }

  private static String lookUp(String addresses) {
    // pprof only checks whether this number is 0.
    StringBuilder answer = new StringBuilder("num_symbols: 1\n");
    for (String word : addresses.split("\\+", -1)) {
      long pc = GoValues.address(word);
      if (pc != 0) {
        GoroutineProfiler.symbol(pc)
            .ifPresent(name -> answer.append("0x%x %s\n".formatted(pc, name)));
      }
    }
    return answer.toString();
  }
}
