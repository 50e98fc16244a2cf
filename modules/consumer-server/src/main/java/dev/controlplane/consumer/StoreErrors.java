package dev.controlplane.consumer;

import dev.controlplane.catalog.CatalogException;
import dev.controlplane.catalog.CatalogUnavailableException;
import dev.controlplane.catalog.DamagedBlobException;
import dev.controlplane.catalog.InvalidNameException;
import dev.controlplane.server.ApiException;
import dev.controlplane.server.EventLog;
import java.util.function.Function;

/** What the catalog's exceptions are over HTTP. */
final class StoreErrors implements Function<Throwable, ApiException> {
  private final EventLog log;

  StoreErrors(EventLog log) {
    this.log = log;
  }

  @Override
  public ApiException apply(Throwable failure) {
    return switch (failure) {
      case InvalidNameException bad -> ApiException.badRequest("invalid_name", bad.getMessage());
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
