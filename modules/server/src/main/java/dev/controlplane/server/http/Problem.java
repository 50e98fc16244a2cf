package dev.controlplane.server.http;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CatalogUnavailableException;
import dev.controlplane.catalog.CompactedException;
import dev.controlplane.catalog.DamagedBlobException;
import dev.controlplane.catalog.InvalidNameException;
import dev.controlplane.catalog.NotLatestException;
import dev.controlplane.catalog.StorageFullException;
import dev.controlplane.catalog.UnknownVersionException;
import dev.controlplane.catalog.VersionConflictException;
import dev.controlplane.server.EventLog;
import dev.controlplane.transport.status.GrpcError;
import io.grpc.Status;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** What can be wrong with what is asked of the catalog, and how each server says so. */
public enum Problem {
  INVALID_NAME("invalid_name", 400, Status.Code.INVALID_ARGUMENT, 0, null),
  NOT_FOUND("not_found", 404, Status.Code.NOT_FOUND, 0, null),
  VERSION_CONFLICT("version_conflict", 409, Status.Code.ALREADY_EXISTS, 0, null),
  NOT_LATEST("not_latest", 409, Status.Code.FAILED_PRECONDITION, 0, null),
  COMPACTED("compacted", 410, Status.Code.OUT_OF_RANGE, 0, null),
  /** Until somebody uploads the same bytes again, which heals it. */
  DAMAGED("damaged", 503, Status.Code.UNAVAILABLE, 60, "damaged-blob"),
  /** Until somebody makes room. */
  STORAGE_FULL("storage_full", 507, Status.Code.RESOURCE_EXHAUSTED, 30, "storage-full"),
  /** Whoever finds it missing has logged it once already, not for each request. */
  STORAGE_MISSING("storage_unavailable", 503, Status.Code.UNAVAILABLE, 1, null),
  STORAGE_FAILED("storage_unavailable", 503, Status.Code.UNAVAILABLE, 1, "store-failed");

  private final String code;
  private final int status;
  private final Status.Code grpc;
  private final int retrySeconds;
  private final String event;

  /**
   * @param code {@code error} of the JSON body; in upper case the reason over gRPC
   * @param status over HTTP
   * @param grpc status over gRPC
   * @param retrySeconds after which another attempt may succeed; 0 if it never does
   * @param event what the log calls it; null where the operator has nothing to do
   */
  Problem(String code, int status, Status.Code grpc, int retrySeconds, String event) {
    this.code = code;
    this.status = status;
    this.grpc = grpc;
    this.retrySeconds = retrySeconds;
    this.event = event;
  }

  /** What a failure is; empty if it is none of the catalog's. */
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

  /** The error over gRPC that a failure of the catalog is, with what a client may be told. */
  public static GrpcError grpc(CatalogException failure) {
    return of(failure).orElseThrow().grpc(failure.forClient());
  }

  /** This problem over gRPC. */
  public GrpcError grpc(String description) {
    GrpcError error =
        GrpcError.of(grpc.toStatus().withDescription(description), code.toUpperCase(Locale.ROOT));
    return retrySeconds == 0 ? error : error.retryAfter(Duration.ofSeconds(retrySeconds));
  }

  /** Whether another request would have been answered: the server is as well as it was. */
  public static boolean isClientsFault(Throwable failure) {
    return failure instanceof ApiException answer
        ? answer.status() < 500
        : of(failure).filter(problem -> problem.status < 500).isPresent();
  }

  /** The answer over HTTP; the log gets what the client may not be told. */
  ApiException answer(Throwable failure, EventLog log) {
    if (event != null) {
      log.warn(event, "reason", failure.getMessage());
    }
    String told =
        failure instanceof CatalogException e
            ? e.forClient()
            : String.valueOf(failure.getMessage());
    ApiException answer = ApiException.of(status, code, told);
    // RFC 4918, section 11.5: a request that got 507 is not to be repeated by itself.
    return status == 503 ? answer.with("Retry-After", "" + retrySeconds) : answer;
  }
}
