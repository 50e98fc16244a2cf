package dev.controlplane.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.protobuf.ByteString;
import dev.controlplane.transport.grpc.GrpcStreams;
import dev.controlplane.transport.interop.BoolValue;
import dev.controlplane.transport.interop.EchoStatus;
import dev.controlplane.transport.interop.Empty;
import dev.controlplane.transport.interop.Payload;
import dev.controlplane.transport.interop.ResponseParameters;
import dev.controlplane.transport.interop.SimpleRequest;
import dev.controlplane.transport.interop.SimpleResponse;
import dev.controlplane.transport.interop.StreamingInputCallRequest;
import dev.controlplane.transport.interop.StreamingInputCallResponse;
import dev.controlplane.transport.interop.StreamingOutputCallRequest;
import dev.controlplane.transport.interop.StreamingOutputCallResponse;
import dev.controlplane.transport.interop.TestServiceGrpc;
import dev.controlplane.transport.interop.UnimplementedServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.grpc.GrpcRouting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The interop cases of the gRPC project (grpc/doc/interop-test-descriptions.md): by the interop
 * client of grpc-go, and by grpc-java. Not tried: what needs TLS, credentials, load balancing or
 * ORCA; and whether a server can tell that a request was compressed, which grpc-java's can't
 * either.
 */
class InteropTest {
  private static final int LIMIT_SECONDS = 60;
  private static final int LARGE_REQUEST = 271_828;
  private static final int LARGE_RESPONSE = 314_159;
  private static final List<Integer> REQUESTS = List.of(27182, 8, 1828, 45904);
  private static final List<Integer> RESPONSES = List.of(31415, 9, 2653, 58979);
  private static final int SUM_OF_REQUESTS = 74_922;
  private static final BoolValue TRUE = BoolValue.newBuilder().setValue(true).build();

  private static WebServer server;
  private static Client client;

  @BeforeAll
  static void start() {
    WebServerConfig.Builder builder =
        WebServer.builder().host("127.0.0.1").port(0).shutdownHook(false);
    GrpcRouting.Builder routing = GrpcRouting.builder().service(InteropService.create());
    GrpcStreams.configure(builder, GrpcStreams.Settings.defaults(), routing);
    server = builder.build().start();
    client = Client.to(server.port());
  }

  @AfterAll
  static void stop() {
    client.close();
    server.stop();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "empty_unary",
        "large_unary",
        "client_streaming",
        "server_streaming",
        "ping_pong",
        "empty_stream",
        "timeout_on_sleeping_server",
        "cancel_after_begin",
        "cancel_after_first_response",
        "status_code_and_message",
        "special_status_message",
        "custom_metadata",
        "unimplemented_method",
        "unimplemented_service"
      })
  void grpcGosClientPasses(String name) throws Exception {
    Path program = root().resolve(".tools/bin/interop");
    if (!Files.isExecutable(program)) {
      fail(program + " is missing; install it with bin/tools");
    }
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--server_host=127.0.0.1",
                "--server_port=" + server.port(),
                "--test_case=" + name)
            .redirectErrorStream(true)
            .start();
    try {
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS), printed);
      assertEquals(0, process.exitValue(), printed);
    } finally {
      process.destroyForcibly();
    }
  }

  private static TestServiceGrpc.TestServiceBlockingStub calls() {
    return TestServiceGrpc.newBlockingStub(client.channel)
        .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private static TestServiceGrpc.TestServiceStub streams() {
    return TestServiceGrpc.newStub(client.channel)
        .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  private static Payload payload(int size) {
    return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }

  private static SimpleRequest.Builder large() {
    return SimpleRequest.newBuilder()
        .setResponseSize(LARGE_RESPONSE)
        .setPayload(payload(LARGE_REQUEST));
  }

  @Test
  void emptyUnary() {
    assertEquals(Empty.getDefaultInstance(), calls().emptyCall(Empty.getDefaultInstance()));
  }

  @Test
  void largeUnary() {
    assertEquals(payload(LARGE_RESPONSE), calls().unaryCall(large().build()).getPayload());
  }

  @Test
  void clientCompressedUnary() {
    for (boolean compressed : new boolean[] {true, false}) {
      SimpleRequest request =
          large().setExpectCompressed(BoolValue.newBuilder().setValue(compressed)).build();
      SimpleResponse response =
          (compressed ? calls().withCompression("gzip") : calls()).unaryCall(request);
      assertEquals(payload(LARGE_RESPONSE), response.getPayload());
    }
  }

  @Test
  void serverCompressedUnary() {
    Received compressed = new Received();
    SimpleRequest.Builder request = large().setResponseCompressed(TRUE);
    SimpleResponse response = call(compressed).unaryCall(request.build());
    assertEquals(payload(LARGE_RESPONSE), response.getPayload());
    assertTrue(compressed.wire.get() < LARGE_RESPONSE / 10, compressed::toString);

    Received plain = new Received();
    response = call(plain).unaryCall(request.clearResponseCompressed().build());
    assertEquals(payload(LARGE_RESPONSE), response.getPayload());
    assertTrue(plain.wire.get() > LARGE_RESPONSE, plain::toString);
  }

  @Test
  void clientStreaming() throws Exception {
    for (String compression : new String[] {null, "gzip"}) {
      Answers<StreamingInputCallResponse> answers = new Answers<>();
      TestServiceGrpc.TestServiceStub stub =
          compression == null ? streams() : streams().withCompression(compression);
      StreamObserver<StreamingInputCallRequest> requests = stub.streamingInputCall(answers);
      for (int size : REQUESTS) {
        requests.onNext(StreamingInputCallRequest.newBuilder().setPayload(payload(size)).build());
      }
      requests.onCompleted();
      assertEquals(SUM_OF_REQUESTS, answers.next().getAggregatedPayloadSize());
      assertEquals(Status.Code.OK, answers.end().getCode());
    }
  }

  @Test
  void serverStreaming() {
    StreamingOutputCallRequest.Builder request = StreamingOutputCallRequest.newBuilder();
    RESPONSES.forEach(
        size -> request.addResponseParameters(ResponseParameters.newBuilder().setSize(size)));
    Iterator<StreamingOutputCallResponse> responses = calls().streamingOutputCall(request.build());
    for (int size : RESPONSES) {
      assertEquals(payload(size), responses.next().getPayload());
    }
    assertTrue(!responses.hasNext());
  }

  @Test
  void serverCompressedStreaming() {
    Received received = new Received();
    Iterator<StreamingOutputCallResponse> responses =
        call(received)
            .streamingOutputCall(
                StreamingOutputCallRequest.newBuilder()
                    .addResponseParameters(
                        ResponseParameters.newBuilder().setCompressed(TRUE).setSize(31_415))
                    .addResponseParameters(ResponseParameters.newBuilder().setSize(92_653))
                    .build());
    assertEquals(payload(31_415), responses.next().getPayload());
    assertEquals(payload(92_653), responses.next().getPayload());
    assertTrue(!responses.hasNext());
    long wire = received.wire.get();
    assertTrue(wire > 92_653 && wire < 92_653 + 3000, received::toString);
  }

  @Test
  void pingPong() throws Exception {
    Answers<StreamingOutputCallResponse> answers = new Answers<>();
    StreamObserver<StreamingOutputCallRequest> requests = streams().fullDuplexCall(answers);
    for (int i = 0; i < REQUESTS.size(); i++) {
      requests.onNext(ask(RESPONSES.get(i), payload(REQUESTS.get(i))));
      assertEquals(payload(RESPONSES.get(i)), answers.next().getPayload());
    }
    requests.onCompleted();
    assertEquals(Status.Code.OK, answers.end().getCode());
  }

  private static StreamingOutputCallRequest ask(int size, Payload payload) {
    return StreamingOutputCallRequest.newBuilder()
        .addResponseParameters(ResponseParameters.newBuilder().setSize(size))
        .setPayload(payload)
        .build();
  }

  @Test
  void emptyStream() throws Exception {
    Answers<StreamingOutputCallResponse> answers = new Answers<>();
    streams().fullDuplexCall(answers).onCompleted();
    assertEquals(Status.Code.OK, answers.end().getCode());
    assertTrue(answers.messages.isEmpty());
  }

  @Test
  void timeoutOnSleepingServer() throws Exception {
    Answers<StreamingOutputCallResponse> answers = new Answers<>();
    StreamObserver<StreamingOutputCallRequest> requests =
        TestServiceGrpc.newStub(client.channel)
            .withDeadlineAfter(1, TimeUnit.MILLISECONDS)
            .fullDuplexCall(answers);
    try {
      requests.onNext(StreamingOutputCallRequest.newBuilder().setPayload(payload(27_182)).build());
    } catch (IllegalStateException e) {
      // The call was over before it could send.
    }
    assertEquals(Status.Code.DEADLINE_EXCEEDED, answers.end().getCode());
  }

  @Test
  void cancelAfterBegin() throws Exception {
    Answers<StreamingInputCallResponse> answers = new Answers<>();
    StreamObserver<StreamingInputCallRequest> requests = streams().streamingInputCall(answers);
    requests.onError(Status.CANCELLED.asRuntimeException());
    assertEquals(Status.Code.CANCELLED, answers.end().getCode());
  }

  @Test
  void cancelAfterFirstResponse() throws Exception {
    Answers<StreamingOutputCallResponse> answers = new Answers<>();
    StreamObserver<StreamingOutputCallRequest> requests = streams().fullDuplexCall(answers);
    requests.onNext(ask(31_415, payload(27_182)));
    assertEquals(payload(31_415), answers.next().getPayload());
    requests.onError(Status.CANCELLED.asRuntimeException());
    assertEquals(Status.Code.CANCELLED, answers.end().getCode());
    assertEquals(Empty.getDefaultInstance(), calls().emptyCall(Empty.getDefaultInstance()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "test status message",
        "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"
      })
  void statusCodeAndMessage(String message) throws Exception {
    EchoStatus status = EchoStatus.newBuilder().setCode(2).setMessage(message).build();
    StatusRuntimeException unary =
        assertThrows(
            StatusRuntimeException.class,
            () -> calls().unaryCall(SimpleRequest.newBuilder().setResponseStatus(status).build()));
    assertEquals(Status.Code.UNKNOWN, unary.getStatus().getCode());
    assertEquals(message, unary.getStatus().getDescription());
    Answers<StreamingOutputCallResponse> answers = new Answers<>();
    StreamObserver<StreamingOutputCallRequest> requests = streams().fullDuplexCall(answers);
    requests.onNext(StreamingOutputCallRequest.newBuilder().setResponseStatus(status).build());
    requests.onCompleted();
    Status end = answers.end();
    assertEquals(Status.Code.UNKNOWN, end.getCode());
    assertEquals(message, end.getDescription());
  }

  @Test
  void unimplementedMethodAndService() {
    assertEquals(
        Status.Code.UNIMPLEMENTED,
        assertThrows(
                StatusRuntimeException.class,
                () -> calls().unimplementedCall(Empty.getDefaultInstance()))
            .getStatus()
            .getCode());
    assertEquals(
        Status.Code.UNIMPLEMENTED,
        assertThrows(
                StatusRuntimeException.class,
                () ->
                    UnimplementedServiceGrpc.newBlockingStub(client.channel)
                        .unimplementedCall(Empty.getDefaultInstance()))
            .getStatus()
            .getCode());
  }

  @Test
  void customMetadata() {
    Metadata sent = new Metadata();
    byte[] trailing = {(byte) 0xab, (byte) 0xab, (byte) 0xab};
    sent.put(InteropService.ECHO_INITIAL, "test_initial_metadata_value");
    sent.put(InteropService.ECHO_TRAILING, trailing);
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    calls()
        .withInterceptors(
            MetadataUtils.newAttachHeadersInterceptor(sent),
            MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
        .unaryCall(large().build());
    assertEquals("test_initial_metadata_value", headers.get().get(InteropService.ECHO_INITIAL));
    assertArrayEquals(trailing, trailers.get().get(InteropService.ECHO_TRAILING));
  }

  /** Bytes of messages as they came over the wire. */
  private static final class Received extends ClientStreamTracer.Factory {
    final AtomicLong wire = new AtomicLong();

    @Override
    public ClientStreamTracer newClientStreamTracer(
        ClientStreamTracer.StreamInfo info, Metadata headers) {
      return new ClientStreamTracer() {
        @Override
        public void inboundWireSize(long bytes) {
          wire.addAndGet(bytes);
        }
      };
    }

    @Override
    public String toString() {
      return wire + " bytes came";
    }
  }

  /** Calls whose bytes are counted. */
  private static TestServiceGrpc.TestServiceBlockingStub call(Received received) {
    return calls()
        .withInterceptors(
            new ClientInterceptor() {
              @Override
              public <ReqT, RespT> ClientCall<ReqT, RespT> interceptCall(
                  MethodDescriptor<ReqT, RespT> method, CallOptions options, Channel next) {
                return next.newCall(method, options.withStreamTracerFactory(received));
              }
            });
  }

  private static final class Answers<T> implements StreamObserver<T> {
    final BlockingQueue<T> messages = new LinkedBlockingQueue<>();
    private final BlockingQueue<Status> ends = new LinkedBlockingQueue<>();

    @Override
    public void onNext(T message) {
      messages.add(message);
    }

    @Override
    public void onError(Throwable t) {
      ends.add(Status.fromThrowable(t));
    }

    @Override
    public void onCompleted() {
      ends.add(Status.OK);
    }

    T next() throws InterruptedException {
      T message = messages.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
      return message == null ? fail("no message; the call: " + ends.peek()) : message;
    }

    Status end() throws InterruptedException {
      Status end = ends.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
      return end == null ? fail("the call is still open") : end;
    }
  }

  private static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("bin/tools"))) {
      directory = directory.getParent();
    }
    return directory;
  }
}
