package dev.controlplane.streams;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EarlyHeadersTest {
  @Test
  void plainHelidonSendsHeadersWithTheFirstMessage() {
    try (Lab lab = Lab.plain();
        Client client = Client.to(lab.port())) {
      Client.Call call = client.subscribe();
      lab.awaitSubscriptions(1);
      assertFalse(Await.comesTrue(Duration.ofMillis(300), call.headers::isDone));
    }
  }

  @Test
  void headersGoOutAtOnce() throws Exception {
    try (Lab lab = Lab.guarded();
        Client client = Client.to(lab.port())) {
      Client.Call call = client.subscribe();
      call.headers.get(10, TimeUnit.SECONDS);
      // Who has the headers misses nothing.
      lab.broadcast("x");
      assertEquals(1, call.next().length);
    }
  }

  @Test
  void aServerThatGoesDownSaysSo() {
    Lab lab = Lab.guarded();
    try (Client client = Client.to(lab.port())) {
      Client.Call call = client.subscribe();
      lab.awaitSubscriptions(1);
      lab.goDown();
      Status end = call.end(Duration.ofSeconds(10));
      assertEquals(Status.Code.UNAVAILABLE, end.getCode());
      assertEquals("going down", end.getDescription());
    } finally {
      lab.close();
    }
  }

  @Test
  void aStreamIsOpenedInItsHandler() {
    StreamObserver<String> nobody =
        new StreamObserver<>() {
          @Override
          public void onNext(String value) {}

          @Override
          public void onError(Throwable t) {}

          @Override
          public void onCompleted() {}
        };
    assertThrows(IllegalStateException.class, () -> LongLivedStream.open(nobody, () -> {}));
  }
}
