package dev.controlplane.system.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.proto.profile.Label;
import dev.controlplane.proto.profile.Location;
import dev.controlplane.proto.profile.Profile;
import dev.controlplane.proto.profile.Sample;
import dev.controlplane.proto.profile.ValueType;
import dev.controlplane.system.harness.Cluster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPInputStream;

/**
 * A profile as scrapers take it, held against their rules.
 *
 * @param body gzipped, as it came
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares or changes it
record Scraped(String url, byte[] body, Profile profile) {
  /** Pyroscope's limits on one profile (pkg/validation/limits.go). */
  private static final int MOST_BYTES = 4 << 20;

  private static final int MOST_SAMPLES = 16_000;

  /** Takes a profile, as Parca and Alloy do. */
  static Scraped take(String url) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofMinutes(2)).build();
    HttpResponse<byte[]> answer = Cluster.HTTP.send(request, BodyHandlers.ofByteArray());
    assertEquals(200, answer.statusCode(), url);
    String type = answer.headers().firstValue("Content-Type").orElse("");
    assertTrue(type.startsWith("application/octet-stream"), url + " is " + type);
    try (var in = new GZIPInputStream(new ByteArrayInputStream(answer.body()))) {
      byte[] bytes = in.readAllBytes();
      assertTrue(bytes.length > 0 && bytes.length <= MOST_BYTES, url + ": " + bytes.length);
      Scraped scraped = new Scraped(url, answer.body(), Profile.parseFrom(bytes));
      scraped.check();
      return scraped;
    }
  }

  /** What Parca demands (pkg/normalizer/validate.go), and the limits of Pyroscope. */
  private void check() {
    assertEquals("", profile.getStringTable(0), url);
    assertEquals(1, profile.getMappingCount(), url);
    for (int i = 0; i < profile.getMappingCount(); i++) {
      assertEquals(i + 1, profile.getMapping(i).getId(), url);
    }
    for (int i = 0; i < profile.getLocationCount(); i++) {
      Location location = profile.getLocation(i);
      assertEquals(i + 1, location.getId(), url);
      assertEquals(1, location.getMappingId(), url);
      assertTrue(location.getAddress() != 0, url);
      assertTrue(location.getLine(0).getFunctionId() <= profile.getFunctionCount(), url);
    }
    for (int i = 0; i < profile.getFunctionCount(); i++) {
      assertEquals(i + 1, profile.getFunction(i).getId(), url);
      assertFalse(profile.getStringTable((int) profile.getFunction(i).getName()).isEmpty(), url);
    }
    assertTrue(profile.getSampleCount() <= MOST_SAMPLES, url);
    assertTrue(profile.getTimeNanos() > 0, url);
    for (Sample sample : profile.getSampleList()) {
      assertEquals(profile.getSampleTypeCount(), sample.getValueCount(), url);
      for (Label label : sample.getLabelList()) {
        assertTrue(label.getKey() != 0, url);
      }
    }
  }

  /** The types with their units, such as {@code alloc_space/bytes}. */
  List<String> types() {
    List<String> types = new ArrayList<>();
    for (ValueType type : profile.getSampleTypeList()) {
      types.add(
          profile.getStringTable((int) type.getType())
              + "/"
              + profile.getStringTable((int) type.getUnit()));
    }
    return types;
  }

  /** The distinct sets of labels, of each of which Pyroscope makes a series. */
  Set<List<Label>> labelSets() {
    Set<List<Label>> labelSets = new HashSet<>();
    profile.getSampleList().forEach(sample -> labelSets.add(sample.getLabelList()));
    return labelSets;
  }

  List<String> comments() {
    return profile.getCommentList().stream()
        .map(i -> profile.getStringTable(i.intValue()))
        .toList();
  }
}
