package dev.controlplane.grpc.log;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.catalog.Update;
import dev.controlplane.grpc.MemoryLog;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LatestMovesTest {
  private final AtomicInteger reads = new AtomicInteger();

  private static Update update(String worker, long revision) {
    return new Update(
        revision,
        Update.Kind.PUBLISHED,
        worker,
        "1",
        MemoryLog.DIGEST,
        0,
        Instant.EPOCH,
        "1",
        revision);
  }

  @Test
  void whenManyWorkersAreKnownTheyAreForgottenOneByOne() {
    LatestMoves moves =
        new LatestMoves(
            worker -> {
              reads.incrementAndGet();
              return List.of(update(worker, 1));
            });
    int many = LatestMoves.MAX_WORKERS + 100;
    for (int i = 0; i < many; i++) {
      moves.passed(update("worker-" + i, 1));
    }
    for (int i = 0; i < many; i++) {
      assertFalse(moves.isSuperseded(update("worker-" + i, 1)));
    }
    assertTrue(reads.get() < LatestMoves.MAX_WORKERS / 2, () -> reads + " of " + many);
  }
}
