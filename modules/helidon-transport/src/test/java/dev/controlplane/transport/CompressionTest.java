package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Metadata;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CompressionTest {
  private static final Metadata.Key<String> ENCODING =
      Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);

  @Test
  void plainHelidonCompressesEveryMessageForAClientThatCouldReadThat() throws Exception {
    try (Lab lab = Lab.plain()) {
      assertEquals("gzip", encodingOfResponse(lab));
    }
  }

  @Test
  void messagesGoOutAsTheyAre() throws Exception {
    try (Lab lab = Lab.guarded()) {
      assertEquals("identity", encodingOfResponse(lab));
    }
  }

  private static String encodingOfResponse(Lab lab) throws Exception {
    try (Client client = Client.to(lab.port())) {
      Client.Call call = client.flood(1, 1000).read(2);
      assertEquals(1000, call.next().length);
      return call.headers.get(10, TimeUnit.SECONDS).get(ENCODING);
    }
  }
}
