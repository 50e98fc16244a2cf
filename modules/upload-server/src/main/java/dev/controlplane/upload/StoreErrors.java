package dev.controlplane.upload;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CatalogUnavailableException;
import dev.controlplane.catalog.DamagedBlobException;
import dev.controlplane.catalog.InvalidNameException;
import dev.controlplane.catalog.StorageFullException;
import dev.controlplane.catalog.UnknownVersionException;
import dev.controlplane.catalog.VersionConflictException;
import dev.controlplane.server.ApiException;
import dev.controlplane.server.EventLog;
import java.util.function.Function;

/** What the catalog's exceptions are over HTTP. */
final class StoreErrors implements Function<Throwable, ApiException> {
  private final EventLog log;

  StoreErrors(EventLog log) {
    this.log = log;
  }

  static boolean isClientsFault(RuntimeException failure) {
    return switch (failure) {
      case ApiException answer -> answer.status() < 500;
      case InvalidNameException bad -> true;
      case VersionConflictException conflict -> true;
      case UnknownVersionException unknown -> true;
      default -> false;
    };
  }

  @Override
  public ApiException apply(Throwable failure) {
    return switch (failure) {
      case InvalidNameException bad -> ApiException.badRequest("invalid_name", bad.getMessage());
      case UnknownVersionException unknown -> ApiException.notFound(unknown.getMessage());
      case VersionConflictException conflict ->
          ApiException.of(409, "version_conflict", conflict.getMessage());
      case StorageFullException full -> {
        log.warn("storage-full", "reason", full.getMessage());
        yield ApiException.of(507, "storage_full", full.forClient());
      }
      case DamagedBlobException damaged -> {
        log.warn("damaged-blob", "reason", damaged.getMessage());
        yield ApiException.of(503, "damaged", damaged.forClient());
      }
      case CatalogUnavailableException absent -> unavailable();
      case CatalogException broken -> {
        log.warn("store-failed", "reason", broken.getMessage());
        yield unavailable();
      }
      default -> null;
    };
  }

  /** Without the reason, which has a path of this server: the log and the health check have it. */
  private static ApiException unavailable() {
    return ApiException.of(
            503,
            "storage_unavailable",
            "the server's storage can't be used now; try again, and see /observe/health for why")
        .with("Retry-After", "1");
  }
}
