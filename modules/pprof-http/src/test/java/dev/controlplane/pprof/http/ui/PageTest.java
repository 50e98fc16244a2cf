package dev.controlplane.pprof.http.ui;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.controlplane.pprof.GoroutineProfiler;
import dev.controlplane.pprof.Source;
import dev.controlplane.pprof.writers.ProfileWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser, by clicks and keys. */
class PageTest {
  private static Browser browser;
  private static PageServer server;
  private Zoo zoo;
  private Tab page;

  @BeforeAll
  static void start() throws IOException {
    server = new PageServer();
    browser = Browser.start();
  }

  @AfterAll
  static void stop() throws IOException {
    browser.close();
    server.close();
  }

  @BeforeEach
  void openPage() throws IOException, InterruptedException {
    zoo = new Zoo();
    zoo.receivers(300);
    zoo.sleepers(50);
    page = browser.open("about:blank");
    page.size(1280, 900, false);
    page.goTo(server.page());
    page.await("document.querySelector('#total')?.textContent.match(/[0-9]/)");
  }

  @AfterEach
  void nothingForeignAndNoComplaint() {
    zoo.close();
    assertEquals(List.of(), page.complaints());
    for (String address : page.requests()) {
      assertTrue(
          address.startsWith(server.origin() + "/")
              || address.startsWith("blob:")
              || address.startsWith("data:")
              || address.equals("about:blank"),
          address);
    }
  }

  @Test
  void aGroupAppearsInTheTableWithItsStateAndItsStackOnAClick() {
    page.await(rowOf("Zoo.receive") + "?.textContent.startsWith('300')");
    assertTrue(page.evaluate(rowOf("Zoo.receive") + ".textContent").contains("chan receive"));
    assertTrue(page.evaluate(rowOf("Zoo.sleep") + ".textContent").startsWith("50"));

    page.evaluate(rowOf("Zoo.receive") + ".querySelector('summary').id = 'receive'");
    page.click("#receive");

    page.await("document.querySelector('#receive + ol li')");
    assertTrue(
        page.evaluate("document.querySelector('#receive + ol').textContent")
            .contains(
                "dev.controlplane.pprof.http.ui.Zoo.receive"
                    + " dev/controlplane/pprof/http/ui/Zoo.java:"));
  }

  @Test
  void whatGrowsIsToldAgainstAMark() {
    page.await(rowOf("Zoo.receive"));
    page.click("#mark");
    page.click("#tab-grew");
    zoo.receivers(77);

    page.await("document.querySelector('#panel-grew tbody tr')?.textContent.startsWith('+77')");

    assertTrue(
        page.evaluate("document.querySelector('#panel-grew tbody tr').textContent")
            .contains("Zoo.receive"));
    assertEquals("marked", page.evaluate("document.querySelector('#base').value"));
  }

  @Test
  void anEarlierMomentIsShownAgain() {
    page.await(rowOf("Zoo.receive"));
    page.click("#mark");
    zoo.sleepers(500);
    page.await(rowOf("Zoo.sleep") + "?.textContent.startsWith('550')");

    page.evaluate(
        "(s => { s.selectedIndex = s.options.length - 1; s.dispatchEvent(new Event('change')); })"
            + "(document.querySelector('#shown'))");

    page.await(rowOf("Zoo.sleep") + "?.textContent.startsWith('50')");
  }

  @Test
  void aStateOnTheLegendNarrowsThePictureAndTheTables() {
    page.await(rowOf("Zoo.sleep"));
    page.evaluate(
        "[...document.querySelectorAll('#legend button')].find(b => b.textContent.startsWith('chan"
            + " receive')).id = 'chip'");

    page.click("#chip");

    page.await("!(" + rowOf("Zoo.sleep") + ")");
    page.await(rowOf("Zoo.receive"));
    assertEquals("true", page.evaluate("document.querySelector('#chip').ariaPressed"));
  }

  @Test
  void theSearchCountsWhatItFindsAndAnInvalidExpressionIsText() {
    page.press("/");
    page.type("zoo\\.rec");
    page.await("document.querySelector('#found').textContent.startsWith('300 of ')");
    page.await("!(" + rowOf("Zoo.sleep") + ")");

    page.press("Escape");
    page.await("document.querySelector('#found').textContent === ''");

    page.type("zoo.rec(");
    page.await("document.querySelector('#found').textContent.startsWith('0 of ')");
  }

  @Test
  void keysMoveInThePictureAndZoom() {
    page.await(rowOf("Zoo.receive"));
    page.click("#pause");
    page.evaluate("document.querySelector('#stage').focus()");
    page.press("ArrowDown");
    page.await("document.querySelector('#detail').textContent.includes('Zoo.receive')");
    page.press("Enter");
    page.await("!document.querySelector('#reset').disabled");
    page.await("!(" + rowOf("Zoo.sleep") + ")");
    page.press("Escape");
    page.await("document.querySelector('#reset').disabled");
  }

  @Test
  void aClickOnABoxZooms() {
    page.await(rowOf("Zoo.receive"));
    String[] corner =
        page.evaluate(
                "(b => b.left + ' ' +"
                    + " b.top)(document.querySelector('#flame').getBoundingClientRect())")
            .split(" ", 2);
    // The second row: what the root calls, of which the receivers are by far the most.
    page.clickAt(Double.parseDouble(corner[0]) + 600, Double.parseDouble(corner[1]) + 33);

    page.await("document.querySelector('#detail').textContent.includes('Zoo.receive')");
    page.await("!document.querySelector('#reset').disabled");
  }

  @Test
  void aPictureThatIsHigherThanItsPlaceEndsWithAWholeRow() {
    page.await(rowOf("Zoo.receive"));
    for (int height : new int[] {720, 801, 900}) {
      page.size(1280, height, false);
      page.await(
          "(s => innerHeight === "
              + height
              + " && s.scrollHeight > s.clientHeight && s.clientHeight > 300"
              + " && s.clientHeight % 22 === 0"
              + " && document.querySelector('#flame').clientHeight === s.clientHeight"
              + ")(document.querySelector('#stage'))");
    }
  }

  @Test
  void aPausedPageDoesNotAskAgainUntilItGoesOn() {
    page.await(rowOf("Zoo.receive"));
    page.press("p");
    page.await("document.querySelector('#pause').ariaPressed === 'true'");

    // From here on the page can't wait for anything without being noticed.
    page.evaluate("(window.waits = 0, window.setTimeout = () => window.waits++)");
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    assertEquals("0", page.evaluate("window.waits"));

    page.press("p");
    page.await("window.waits > 0");
  }

  @Test
  void aProfileOfTheServerOpensInSpeedscope() throws IOException, InterruptedException {
    page.click("#tab-profiles");
    page.await(
        "document.querySelector('.profiles li:nth-child(2) h3')?.textContent === 'goroutine'");
    assertEquals(
        "What <b>goroutine</b> is",
        page.evaluate("document.querySelector('.profiles li:nth-child(2) p').textContent"));

    page.click(".profiles li:nth-child(2) a");

    Tab speedscope = browser.opened("/ui/speedscope/");
    speedscope.await("document.title.includes('goroutine')");
    speedscope.await("document.querySelector('canvas')");
    assertEquals(List.of(), speedscope.complaints());
  }

  @Test
  void aSavedProfileThatIsDroppedOnThePageOpensInSpeedscope(@TempDir Path directory)
      throws IOException, InterruptedException {
    Path saved = directory.resolve("saved.pb.gz");
    try (OutputStream out = Files.newOutputStream(saved)) {
      ProfileWriter.write(GoroutineProfiler.create().collect(Source.LIVE), out);
    }
    page.await(rowOf("Zoo.receive"));

    page.drop("#tables", saved);

    Tab speedscope = browser.opened("title=saved.pb.gz");
    speedscope.await("document.title.includes('saved.pb.gz')");
    speedscope.await("document.querySelector('canvas')");
    assertEquals(List.of(), speedscope.complaints());
  }

  @Test
  void aDeadlockRaisesAnAlarm() {
    page.await("document.querySelector('#tab-deadlocks').textContent === 'Deadlocks (2)'");
    page.click("#tab-deadlocks");
    page.await(
        "document.querySelector('#deadlock-text').textContent.includes('com.example.Left.take')");
  }

  @Test
  void whoStandsLongestIsTold() {
    page.click("#tab-longest");
    page.await(
        "document.querySelector('#panel-longest tbody')?.textContent.includes('Zoo.receive')");
  }

  @Test
  void aServerThatStopsIsToldAndComesBack() throws IOException {
    page.await(rowOf("Zoo.receive"));
    page.evaluate(
        "(window.fetched = window.fetch, window.fetch = () => Promise.reject(new"
            + " TypeError('gone')))");
    page.await("document.querySelector('#problem').textContent.includes('does not answer')");
    page.evaluate("window.fetch = window.fetched");
    page.await("document.querySelector('#problem').hidden");
  }

  private static String rowOf(String function) {
    return "[...document.querySelectorAll('#panel-groups tbody tr')].find(r =>"
        + " r.textContent.includes('"
        + function
        + "'))";
  }
}
