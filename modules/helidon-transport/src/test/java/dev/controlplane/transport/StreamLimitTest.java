package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.controlplane.transport.frames.Frames;
import dev.controlplane.transport.grpc.GrpcStreams;
import org.junit.jupiter.api.Test;

class StreamLimitTest {
  @Test
  void oneStreamMoreThanAConnectionMayHaveIsRefusedAndTheOthersGoOn() throws Exception {
    GrpcStreams.Settings defaults = GrpcStreams.Settings.defaults();
    GrpcStreams.Settings two =
        new GrpcStreams.Settings(
            defaults.keepalive(), defaults.stallLimit(), defaults.maxInboundMessage(), 2);
    try (Lab lab = Lab.guarded(two);
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Subscribe", "");
      client.call(3, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(2);
      client.call(5, "/lab.Lab/Subscribe", "");
      client.awaitReset(5, Frames.REFUSED_STREAM);

      client.reset(3, 8);
      lab.awaitSubscriptions(1);
      client.call(7, "/lab.Lab/Subscribe", "");
      lab.awaitSubscriptions(2);
      for (int streamId : new int[] {1, 7}) {
        lab.broadcast("still there");
        assertEquals(5 + 11, client.awaitData(streamId).payload().length);
      }
    }
  }
}
