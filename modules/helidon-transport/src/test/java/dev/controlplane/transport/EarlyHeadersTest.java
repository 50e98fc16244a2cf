package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.controlplane.transport.grpc.LongLivedStream;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
  void aServerThatStopsHasToldEveryStream() throws Exception {
    Lab lab = Lab.guarded();
    List<Client> clients = Stream.generate(() -> Client.to(lab.port())).limit(5).toList();
    try {
      List<Client.Call> calls = new ArrayList<>();
      for (Client client : clients) {
        for (int i = 0; i < 20; i++) {
          calls.add(client.subscribe());
        }
      }
      lab.awaitSubscriptions(calls.size());
      lab.broadcast(new byte[10_000]);
      lab.goDown();
      lab.awaitSubscriptions(0);
      // At once: the last frames may still be on their way to the socket.
      lab.server().stop();
      for (Client.Call call : calls) {
        assertEquals(10_000, call.next().length);
        Status end = call.end(Duration.ofSeconds(10));
        assertEquals(Status.Code.UNAVAILABLE, end.getCode());
        assertEquals("going down", end.getDescription());
      }
    } finally {
      clients.forEach(Client::close);
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
