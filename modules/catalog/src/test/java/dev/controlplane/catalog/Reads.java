package dev.controlplane.catalog;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Every way to read a catalog, by name. */
final class Reads {
  private static final Update UPDATE =
      new Update(
          1,
          Update.Kind.PUBLISHED,
          "w",
          "1",
          new Digest("0".repeat(Digest.HEX_LENGTH)),
          0,
          Instant.EPOCH,
          "1",
          1);

  private Reads() {}

  static Map<String, Consumer<CatalogReader>> all() {
    Map<String, Consumer<CatalogReader>> reads = new LinkedHashMap<>();
    reads.put("latest", reader -> reader.latest("w"));
    reads.put("version", reader -> reader.version("w", "1"));
    reads.put("recorded", reader -> reader.recorded("w", "1"));
    reads.put("versions", reader -> reader.versions("w", 10, null));
    reads.put("latestOfAll", reader -> reader.latestOfAll(10, null));
    reads.put("log", CatalogReader::log);
    reads.put("head", CatalogReader::head);
    reads.put("page", reader -> reader.page(0, 10));
    reads.put("page at the head", reader -> reader.page(Long.MAX_VALUE, 10));
    reads.put("updates", reader -> reader.updates(0, 10));
    reads.put("snapshot of all", reader -> reader.snapshot(1, 10, ""));
    reads.put("snapshot of some", reader -> reader.snapshot(1, List.of("w")));
    reads.put("snapshot of none", reader -> reader.snapshot(1, List.of()));
    reads.put("ambiguous", reader -> reader.ambiguous(List.of(UPDATE)));
    reads.put("counts", reader -> reader.counts(List.of(new CatalogReader.Span("w", 0, 1)), 1));
    reads.put("check", CatalogReader::check);
    return reads;
  }
}
