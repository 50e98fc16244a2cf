package dev.controlplane.server.http;

import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.InvalidNameException;
import dev.controlplane.catalog.failures.CatalogException;
import dev.controlplane.catalog.failures.CatalogUnavailableException;
import dev.controlplane.catalog.failures.DamagedBlobException;
import dev.controlplane.catalog.failures.NotLatestException;
import dev.controlplane.catalog.failures.StorageFullException;
import dev.controlplane.catalog.failures.UnknownVersionException;
import dev.controlplane.catalog.failures.VersionConflictException;
import dev.controlplane.server.EventLog;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** The kinds of failures of the catalog, with their HTTP and gRPC errors and log events. */
public enum Problem {
  INVALID_NAME("invalid_name", 400, Status.Code.INVALID_ARGUMENT, 0, null),
  NOT_FOUND("not_found", 404, Status.Code.NOT_FOUND, 0, null),
  VERSION_CONFLICT("version_conflict", 409, Status.Code.ALREADY_EXISTS, 0, null),
  NOT_LATEST("not_latest", 409, Status.Code.FAILED_PRECONDITION, 0, null),
  COMPACTED("compacted", 410, Status.Code.OUT_OF_RANGE, 0, null),
  /** Lasts until somebody uploads the same bytes again, which repairs the blob. */
  DAMAGED("damaged", 503, Status.Code.UNAVAILABLE, 60, "damaged-blob"),
  /** Lasts until the operator makes room. */
  STORAGE_FULL("storage_full", 507, Status.Code.RESOURCE_EXHAUSTED, 30, "storage-full"),
  /** Not logged here, because the health check logs it once instead of once per request. */
  STORAGE_MISSING("storage_unavailable", 503, Status.Code.UNAVAILABLE, 1, null),
  STORAGE_FAILED("storage_unavailable", 503, Status.Code.UNAVAILABLE, 1, "store-failed");

  private final String code;
  private final int status;
  private final Status.Code grpc;
  private final int retrySeconds;
  private final String event;

  /**
   * @param code the {@code error} field of the JSON body; in upper case, the reason over gRPC
   * @param status the HTTP status
   * @param grpc the gRPC status
   * @param retrySeconds after how many seconds a retry may succeed; 0 if it never will
   * @param event the log event; null if the operator has nothing to do
   */
  Problem(String code, int status, Status.Code grpc, int retrySeconds, String event) {
    this.code = code;
    this.status = status;
    this.grpc = grpc;
    this.retrySeconds = retrySeconds;
    this.event = event;
  }

  /** Returns the problem for a failure; empty if the failure is not one of the catalog. */
  public static Optional<Problem> of(Throwable failure) {
    return Optional.ofNullable(
        switch (failure) {
          case InvalidNameException e -> INVALID_NAME;
          case UnknownVersionException e -> NOT_FOUND;
          case VersionConflictException e -> VERSION_CONFLICT;
          case NotLatestException e -> NOT_LATEST;
          case CompactedException e -> COMPACTED;
          case DamagedBlobException e -> DAMAGED;
          case StorageFullException e -> STORAGE_FULL;
          case CatalogUnavailableException e -> STORAGE_MISSING;
          case CatalogException e -> STORAGE_FAILED;
          default -> null;
        });
  }

  /** Returns the gRPC error for a failure of the catalog, worded for clients. */
  public static GrpcError grpc(CatalogException failure) {
    return of(failure).orElseThrow().grpc(failure.forClient());
  }

  /** Returns the gRPC error for this problem. */
  public GrpcError grpc(String description) {
    GrpcError error =
        GrpcError.of(grpc.toStatus().withDescription(description), code.toUpperCase(Locale.ROOT));
    return retrySeconds == 0 ? error : error.retryAfter(Duration.ofSeconds(retrySeconds));
  }

  /** Whether the request caused the failure, rather than the state of the server. */
  public static boolean isClientsFault(Throwable failure) {
    return failure instanceof ApiException answer
        ? answer.status() < 500
        : of(failure).filter(problem -> problem.status < 500).isPresent();
  }

  /** Returns the HTTP answer. What clients must not see is logged. */
  ApiException answer(Throwable failure, EventLog log) {
    if (event != null) {
      log.warn(event, "reason", failure.getMessage());
    }
    String told =
        failure instanceof CatalogException e
            ? e.forClient()
            : String.valueOf(failure.getMessage());
    ApiException answer = ApiException.of(status, code, told);
    // RFC 4918, section 11.5: a request that got 507 must not be repeated automatically.
    return status == 503 ? answer.with("Retry-After", "" + retrySeconds) : answer;
  }
}
