package dev.controlplane.pprof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.proto.profile.Profile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** A profile of a program's own. */
final class CustomProfileTest {
  private final CustomProfile sessions = CustomProfile.create("sessions", "Open sessions.");
  private final Profiles profiles = new Profiles().add(sessions);

  private void open(Object session) {
    sessions.add(session);
  }

  private void accept(Object session) {
    sessions.add(session);
  }

  private String text() throws IOException, ProfileKind.IllegalParameterException {
    var out = new ByteArrayOutputStream();
    sessions.writeText(1, ProfileKind.Parameters.NONE, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private Profile binary() throws IOException {
    var out = new ByteArrayOutputStream();
    profiles.write("sessions", out);
    try (var in = new GZIPInputStream(new ByteArrayInputStream(out.toByteArray()))) {
      return Profile.parseFrom(in);
    }
  }

  @Test
  void valuesAreCountedByTheCodeThatAddedThem() throws Exception {
    open(1);
    for (int session = 2; session <= 4; session++) {
      accept(session);
    }

    String text = text();
    assertTrue(text.startsWith("sessions profile: total 4\n3 @ 0x"), text);
    List<String> leaves =
        text.lines()
            .filter(line -> line.contains("CustomProfileTest.open+"))
            .map(line -> line.replaceAll(".*CustomProfileTest\\.(\\w+)\\+.*", "$1"))
            .toList();
    assertEquals(List.of("open"), leaves, text);
    assertTrue(text.contains("CustomProfileTest.accept+"), text);
    assertFalse(text.contains("CustomProfile.add"), text);
    Profile profile = binary();
    assertEquals(
        List.of(1L, 3L),
        profile.getSampleList().stream().map(sample -> sample.getValue(0)).sorted().toList());
    assertEquals("sessions", profile.getStringTable((int) profile.getSampleType(0).getType()));
    assertEquals(4, sessions.count());
  }

  @Test
  void aValueThatIsRemovedCountsNoMore() throws Exception {
    open("a");
    open("b");

    assertTrue(sessions.remove("a"));
    assertFalse(sessions.remove("a"));

    assertTrue(text().startsWith("sessions profile: total 1\n1 @ 0x"), text());
    assertTrue(sessions.remove("b"));
    assertEquals("sessions profile: total 0\n", text());
    assertEquals(0, binary().getSampleCount());
  }

  @Test
  void aValueThatIsAddedTwiceCountsOnceWhereItWasAddedFirst() throws Exception {
    open("a");
    accept("a");

    assertFalse(sessions.add("a"));
    assertTrue(text().startsWith("sessions profile: total 1\n"), text());
    assertTrue(text().contains("CustomProfileTest.open+"), text());
  }
}
