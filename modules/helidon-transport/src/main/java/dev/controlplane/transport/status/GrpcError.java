package dev.controlplane.transport.status;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * A gRPC error for people and programs: the status code and message, and the trailer {@code
 * grpc-status-details-bin} with a {@code google.rpc.Status} (the "richer error model" of gRPC). Its
 * details are the reason, the invalid field, and when to retry. Immutable.
 *
 * <p>A description longer than {@link #MAX_DESCRIPTION} bytes is shortened, so that the trailers
 * stay below the 8 KiB that clients accept.
 */
public final class GrpcError {
  /** {@code ErrorInfo.domain}: the namespace of the reasons. */
  public static final String DOMAIN = "controlplane";

  /**
   * The longest description, in bytes of UTF-8. It is sent three times: once percent-encoded and
   * twice in base64.
   */
  public static final int MAX_DESCRIPTION = 1000;

  /** The trailer that carries the details. */
  public static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  private static final Duration SOON = Duration.ofSeconds(1);

  private final Status status;
  private final String reason;
  private final Duration retryAfter;
  private final String field;

  private GrpcError(Status status, String reason, Duration retryAfter, String field) {
    this.status = status.withDescription(shortened(status.getDescription()));
    this.reason = Objects.requireNonNull(reason);
    this.retryAfter = retryAfter;
    this.field = field;
  }

  /**
   * Creates an error.
   *
   * @param status code and description
   * @param reason {@code ErrorInfo.reason}: a stable word in upper snake case
   */
  public static GrpcError of(Status status, String reason) {
    return new GrpcError(status, reason, null, null);
  }

  /**
   * Creates an error from a status alone. The code becomes the reason; UNAVAILABLE may be retried
   * after 1 s.
   */
  public static GrpcError of(Status status) {
    GrpcError error = of(status, status.getCode().name());
    return status.getCode() == Status.Code.UNAVAILABLE ? error.retryAfter(SOON) : error;
  }

  /** Returns this error with a {@code RetryInfo}: a retry may succeed after this time. */
  public GrpcError retryAfter(Duration delay) {
    return new GrpcError(status, reason, delay, field);
  }

  /** Returns this error with a {@code BadRequest}: this field of the request was invalid. */
  public GrpcError field(String name) {
    return new GrpcError(status, reason, retryAfter, name);
  }

  /** Returns this error with words before its description. */
  public GrpcError prefixed(String words) {
    return new GrpcError(
        status.withDescription(words + Objects.requireNonNullElse(status.getDescription(), "")),
        reason,
        retryAfter,
        field);
  }

  /** Code and description. */
  public Status status() {
    return status;
  }

  /** The details as trailers. */
  public Metadata trailers() {
    Metadata trailers = new Metadata();
    trailers.put(DETAILS, details());
    return trailers;
  }

  /** The error as an exception, for throwing or for an observer. */
  public StatusRuntimeException exception() {
    return status.asRuntimeException(trailers());
  }

  /** The encoded {@code google.rpc.Status}. */
  public byte[] details() {
    String description = Objects.requireNonNullElse(status.getDescription(), "");
    com.google.rpc.Status.Builder details =
        com.google.rpc.Status.newBuilder()
            .setCode(status.getCode().value())
            .setMessage(description)
            .addDetails(any(ErrorInfo.newBuilder().setReason(reason).setDomain(DOMAIN).build()));
    Optional.ofNullable(field)
        .map(name -> BadRequest.FieldViolation.newBuilder().setField(name))
        .map(violation -> violation.setDescription(description).setReason(reason))
        .map(violation -> BadRequest.newBuilder().addFieldViolations(violation).build())
        .ifPresent(badRequest -> details.addDetails(any(badRequest)));
    Optional.ofNullable(retryAfter)
        .map(delay -> RetryInfo.newBuilder().setRetryDelay(duration(delay)).build())
        .ifPresent(retryInfo -> details.addDetails(any(retryInfo)));
    return details.build().toByteArray();
  }

  private static Any any(Message detail) {
    return Any.pack(detail);
  }

  private static com.google.protobuf.Duration duration(Duration delay) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(delay.getSeconds())
        .setNanos(delay.getNano())
        .build();
  }

  private static String shortened(String description) {
    if (description == null
        || description.getBytes(StandardCharsets.UTF_8).length <= MAX_DESCRIPTION) {
      return description;
    }
    StringBuilder start = new StringBuilder();
    int left = MAX_DESCRIPTION - "…".getBytes(StandardCharsets.UTF_8).length;
    for (int i = 0; i < description.length(); ) {
      String character = Character.toString(description.codePointAt(i));
      left -= character.getBytes(StandardCharsets.UTF_8).length;
      if (left < 0) {
        break;
      }
      start.append(character);
      i += character.length();
    }
    return start.append('…').toString();
  }
}
