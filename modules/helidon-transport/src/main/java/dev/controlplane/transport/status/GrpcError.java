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
 * How a call failed, for people and for programs: the code and the message of the gRPC status, and
 * beside them the trailer {@code grpc-status-details-bin}, a {@code google.rpc.Status} whose
 * details say the reason, the field that was wrong, and when another attempt may succeed (the
 * "richer error model" of gRPC).
 *
 * <p>A description of more than {@link #MAX_DESCRIPTION} bytes is shortened, so that the trailers
 * stay below the 8 KiB that clients take.
 */
public final class GrpcError {
  /** {@code ErrorInfo.domain}: whose reasons these are. */
  public static final String DOMAIN = "controlplane";

  /**
   * The longest description, in bytes of UTF-8. It is sent three times: percent-encoded, and twice
   * in base64.
   */
  public static final int MAX_DESCRIPTION = 1000;

  /** The trailer that has the details. */
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
   * An error.
   *
   * @param status code and description
   * @param reason {@code ErrorInfo.reason}: a stable word in upper snake case
   */
  public static GrpcError of(Status status, String reason) {
    return new GrpcError(status, reason, null, null);
  }

  /** An error that somebody told by its status alone: the code is its reason. */
  public static GrpcError of(Status status) {
    GrpcError error = of(status, status.getCode().name());
    return status.getCode() == Status.Code.UNAVAILABLE ? error.retryAfter(SOON) : error;
  }

  /** The same, where another attempt may succeed after this time: {@code RetryInfo}. */
  public GrpcError retryAfter(Duration delay) {
    return new GrpcError(status, reason, delay, field);
  }

  /** The same, where this field of the request was wrong: {@code BadRequest}. */
  public GrpcError field(String name) {
    return new GrpcError(status, reason, retryAfter, name);
  }

  /** The same with words before the description. */
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

  /** The details, as the trailer that carries them. */
  public Metadata trailers() {
    Metadata trailers = new Metadata();
    trailers.put(DETAILS, details());
    return trailers;
  }

  /** The error for those who throw it, or hand it to an observer. */
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
