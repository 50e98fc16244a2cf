package dev.controlplane.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.grpc.log.EncodedMessage;
import dev.controlplane.proto.ControlPlaneGrpc;
import dev.controlplane.proto.SubscribeRequest;
import dev.controlplane.proto.WorkerUpdate;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.stub.ClientCalls;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Updates go out compressed if RESPONSE_COMPRESSION and the client say so. */
@Timeout(60)
class CompressedUpdatesTest {
  private static final int SIZE = 200_000;

  @TempDir Path data;

  /** Bytes of messages as they came over the wire. */
  private static final class Wire extends ClientStreamTracer.Factory {
    private final AtomicLong bytes = new AtomicLong();

    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      return new ClientStreamTracer() {
        @Override
        public void inboundWireSize(long more) {
          bytes.addAndGet(more);
        }
      };
    }
  }

  @Test
  void anUpdateIsCompressedWhereTheSettingSaysSo() {
    assertTrue(bytesOfASnapshot(Map.of("RESPONSE_COMPRESSION", "true")) < SIZE / 10);
  }

  @Test
  void anUpdateGoesOutAsItIsWithoutTheSetting() {
    assertTrue(bytesOfASnapshot(Map.of()) > SIZE);
  }

  private long bytesOfASnapshot(Map<String, String> environment) {
    Wire wire = new Wire();
    try (Writer writer = new Writer(data);
        ServerUnderTest server = ServerUnderTest.start(data, environment)) {
      long revision = writer.publish("worker", "1", new byte[SIZE]);
      Iterator<WorkerUpdate> updates =
          ClientCalls.blockingServerStreamingCall(
              server.connect(),
              ControlPlaneGrpc.getSubscribeWorkerUpdatesMethod(),
              CallOptions.DEFAULT
                  .withDeadlineAfter(30, TimeUnit.SECONDS)
                  .withStreamTracerFactory(wire),
              SubscribeRequest.newBuilder().setConsumerId("reader").setSnapshot(true).build());
      WorkerUpdate update = updates.next();
      assertEquals(revision, update.getRevision());
      assertEquals(SIZE, update.getWorkerCode().size());
    }
    return wire.bytes.get();
  }

  @Test
  void aMessageIsCompressedOnceForAllStreamsThatWantItSo() throws Exception {
    EncodedMessage message = new EncodedMessage(new byte[SIZE], true);
    List<Future<byte[]>> asked = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        asked.add(threads.submit(message::gzip));
      }
    }
    for (Future<byte[]> one : asked) {
      assertSame(asked.getFirst().get(), one.get());
    }
  }

  @Test
  void bothFormsOfAMessageCountInTheBudget() {
    assertEquals(2 * SIZE, new EncodedMessage(new byte[SIZE], true).memory());
    assertEquals(SIZE, new EncodedMessage(new byte[SIZE], false).memory());
  }
}
