package dev.controlplane.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.UpdateKind;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A fleet that has nothing subscribes at once: what it is sent does not fit in the heap by far. */
class ColdFleetTest {
  private static final int AGENTS = 500;
  private static final int WORKERS = 20;
  private static final int SIZE = 64 << 10;
  private static final long BUDGET = 1 << 20;

  @TempDir Path data;

  /** Counts what comes and keeps nothing. */
  private static final class Agent extends ClientCall.Listener<WorkerUpdate> {
    private final ClientCall<SubscribeRequest, WorkerUpdate> call;
    private final AtomicLong withCode;
    private final CompletableFuture<Integer> synced = new CompletableFuture<>();
    private int workers;

    Agent(ManagedChannel channel, String id, AtomicLong withCode) {
      this.withCode = withCode;
      call =
          channel.newCall(ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod(), CallOptions.DEFAULT);
      call.start(this, new Metadata());
      call.sendMessage(SubscribeRequest.newBuilder().setConsumerId(id).setSnapshot(true).build());
      call.halfClose();
      call.request(1);
    }

    @Override
    public void onMessage(WorkerUpdate update) {
      if (update.getKind() == UpdateKind.SYNCED) {
        synced.complete(workers);
        return;
      }
      workers++;
      if (update.getWorkerCode().size() == SIZE) {
        withCode.incrementAndGet();
      }
      call.request(1);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      synced.completeExceptionally(status.asRuntimeException());
    }
  }

  @Test
  @Timeout(180)
  void fiveHundredAgentsGetTheirWorkersFromAServerWithASmallHeap() throws Exception {
    try (Writer writer = new Writer(data);
        ServerUnderTest server =
            ServerUnderTest.start(
                data,
                Map.of("SNAPSHOT_BYTES", String.valueOf(BUDGET)),
                "-Xmx64m",
                "-XX:+ExitOnOutOfMemoryError")) {
      Random random = new Random(1);
      for (int i = 0; i < WORKERS; i++) {
        byte[] code = new byte[SIZE];
        random.nextBytes(code);
        writer.publish("worker-" + i, "1", code);
      }
      AtomicLong withCode = new AtomicLong();
      List<Agent> agents = new ArrayList<>();
      ManagedChannel channel = null;
      for (int i = 0; i < AGENTS; i++) {
        channel = i % 20 == 0 ? server.connect() : channel;
        agents.add(new Agent(channel, "agent-" + i, withCode));
      }
      for (Agent agent : agents) {
        assertEquals(WORKERS, agent.synced.get(120, TimeUnit.SECONDS));
      }
      assertTrue(server.metric("controlplane_snapshot_bytes") <= BUDGET);
      assertTrue(withCode.get() > 0, "code travels as far as there is room");
      assertTrue(server.process().isAlive());
    }
  }
}
