package dev.controlplane.pprof.observe;

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

  void answer(Exchange exchange) {
    String addresses = exchange.rawQuery();
    if (exchange.method().equals("POST")) {
      try (InputStream body = exchange.request().content().inputStream()) {
        byte[] bytes = body.readNBytes(MAX_BODY + 1);
        if (bytes.length > MAX_BODY) {
          exchange
              .header("Connection", "close")
              .error(413, "too many addresses: at most " + MAX_BODY + " bytes of them");
          return;
        }
        addresses = new String(bytes, StandardCharsets.ISO_8859_1);
      } catch (IOException e) {
        exchange.error(400, "reading request: " + e.getMessage());
        return;
      }
    }
    exchange.send(200, Exchange.TEXT, lookUp(addresses));
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
