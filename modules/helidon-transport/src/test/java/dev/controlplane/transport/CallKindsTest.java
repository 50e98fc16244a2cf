package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.CallOptions;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Calls of every kind, and handlers that end late or badly. */
class CallKindsTest {

  @Test
  void aConversationGoesOnForAsLongAsTheClientLikes() throws Exception {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded();
        Client client = Client.to(lab.port())) {
      Answers answers = new Answers();
      StreamObserver<byte[]> questions =
          ClientCalls.asyncBidiStreamingCall(
              client.channel.newCall(Lab.CHAT, CallOptions.DEFAULT), answers);
      for (int size : new int[] {0, 1, 100_000, 5, 1_000_000}) {
        byte[] question = new byte[size];
        questions.onNext(question);
        assertArrayEquals(question, answers.messages.poll(10, TimeUnit.SECONDS));
      }
      questions.onCompleted();
      assertEquals(Status.Code.OK, answers.end.poll(10, TimeUnit.SECONDS).getCode());
      Await.until("its thread ended", Await.LIMIT, () -> before.containsAll(Threads.ofStreams()));
    }
  }

  @Test
  void aConversationWithOneWhoLeavesEnds() throws Exception {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded()) {
      try (Client client = Client.to(lab.port())) {
        Answers answers = new Answers();
        ClientCalls.asyncBidiStreamingCall(
                client.channel.newCall(Lab.CHAT, CallOptions.DEFAULT), answers)
            .onNext(new byte[3]);
        assertEquals(3, answers.messages.poll(10, TimeUnit.SECONDS).length);
      }
      Await.until("its thread ended", Await.LIMIT, () -> before.containsAll(Threads.ofStreams()));
    }
  }

  @Test
  void plainHelidonKeepsTheThreadOfACallThatAnotherThreadEnds() throws Exception {
    List<Thread> before = Threads.ofStreams();
    Lab lab = Lab.plain();
    try (Client client = Client.to(lab.port())) {
      endLater(lab, client);
      assertFalse(
          Await.comesTrue(Duration.ofMillis(500), () -> before.containsAll(Threads.ofStreams())));
    } finally {
      lab.close();
    }
  }

  @Test
  void theThreadOfACallThatAnotherThreadEndsEndsWithIt() throws Exception {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded();
        Client client = Client.to(lab.port())) {
      endLater(lab, client);
      Await.until("its thread ended", Await.LIMIT, () -> before.containsAll(Threads.ofStreams()));
    }
  }

  @Test
  void aCallThatNobodyEndedEndsWithItsConnection() throws Exception {
    List<Thread> before = Threads.ofStreams();
    try (Lab lab = Lab.guarded();
        RawClient client = RawClient.to(lab.port())) {
      client.call(1, "/lab.Lab/Later", "");
      StreamObserver<byte[]> out = lab.later.poll(10, TimeUnit.SECONDS);
      client.abort();
      Await.until("its thread ended", Await.LIMIT, () -> before.containsAll(Threads.ofStreams()));
      // Nobody is left to hear it, and nobody is hurt.
      out.onCompleted();
    }
  }

  @Test
  void aHandlerThatThrowsAnswersItsClient() {
    try (Lab lab = Lab.guarded();
        Client client = Client.to(lab.port())) {
      Status status =
          assertThrows(
                  StatusRuntimeException.class,
                  () ->
                      ClientCalls.blockingUnaryCall(
                          client.channel,
                          Lab.THROW,
                          CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
                          new byte[1]))
              .getStatus();
      assertEquals(Status.Code.UNKNOWN, status.getCode());
    }
  }

  private static void endLater(Lab lab, Client client) throws InterruptedException {
    Answers answers = new Answers();
    ClientCalls.asyncServerStreamingCall(
        client.channel.newCall(Lab.LATER, CallOptions.DEFAULT), new byte[1], answers);
    StreamObserver<byte[]> out = lab.later.poll(10, TimeUnit.SECONDS);
    assertNull(answers.end.peek());
    out.onNext(new byte[7]);
    assertEquals(7, answers.messages.poll(10, TimeUnit.SECONDS).length);
    out.onCompleted();
    assertEquals(Status.Code.OK, answers.end.poll(10, TimeUnit.SECONDS).getCode());
  }

  private static final class Answers implements StreamObserver<byte[]> {
    final BlockingQueue<byte[]> messages = new LinkedBlockingQueue<>();
    final BlockingQueue<Status> end = new LinkedBlockingQueue<>();

    @Override
    public void onNext(byte[] message) {
      messages.add(message);
    }

    @Override
    public void onError(Throwable t) {
      end.add(Status.fromThrowable(t));
    }

    @Override
    public void onCompleted() {
      end.add(Status.OK);
    }
  }
}
