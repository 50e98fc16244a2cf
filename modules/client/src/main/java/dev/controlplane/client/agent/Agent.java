package dev.controlplane.client.agent;

import dev.controlplane.client.ControlPlaneException;
import dev.controlplane.client.agent.admission.Admission;
import dev.controlplane.client.agent.state.AgentDirectory;
import dev.controlplane.client.agent.state.AgentNotes;
import dev.controlplane.client.agent.state.AgentStatus;
import dev.controlplane.client.agent.state.LostDirectoryException;
import dev.controlplane.client.agent.state.Withheld;
import dev.controlplane.client.files.Places;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Keeps the latest version of every worker on disk and active, whatever happens to network, servers
 * and this process.
 *
 * <p>{@code DIR/{worker}/current} is a link that names a whole, verified version at any moment, and
 * is switched in one step: when a version is published or rolled back to, after an {@link
 * Admission} has let it pass. It goes when the worker is deleted. A version that is rejected leaves
 * the last good one active. A few versions are kept, so that a rollback needs no download. What
 * became of each version is reported to the server. A process that is killed at any point goes on
 * where it was; without any server it verifies what is active and leaves it in place.
 *
 * <pre>{@code
 * AgentSettings settings = new AgentSettings("edge-17", Path.of("/srv/workers"));
 * Admission admission =
 *     candidate -> {
 *       if (!parses(candidate.file())) {
 *         throw new RejectedException("syntax", "not a module");
 *       }
 *     };
 * try (ControlPlaneClient client = new ControlPlaneClient(Endpoints.local())) {
 *   client.agent(settings, admission, event -> log(event)).run();
 * }
 * }</pre>
 */
public final class Agent {
  private final AgentServers servers;
  private final AgentSettings settings;
  private final Admission admission;
  private final Consumer<AgentEvent> events;
  private final Places places;

  public Agent(
      AgentServers servers,
      AgentSettings settings,
      Admission admission,
      Consumer<AgentEvent> events,
      Places places) {
    this.places = places;
    this.servers = servers;
    this.settings = settings;
    this.admission = admission;
    this.events = events;
  }

  /**
   * Runs until this thread is interrupted. The agent waits for servers and proxies that refuse it,
   * however long that takes. If somebody removes or replaces its directory, it begins anew there.
   *
   * @throws InterruptedException when it was
   * @throws ControlPlaneException when the server says that it will never serve this
   * @throws IOException when the directory can't be used at the start, or another agent works there
   */
  public void run() throws IOException, InterruptedException {
    AgentEvents told = new AgentEvents(events);
    AgentDirectory directory = AgentDirectory.open(settings.directory(), places);
    while (true) {
      try (AgentDirectory ours = directory) {
        new AgentRun(servers, settings, admission, told, ours).run();
        return;
      } catch (LostDirectoryException e) {
        told.accept(trouble(e.getMessage()));
      }
      directory = opened(told);
    }
  }

  /** Takes the directory again, as soon as that can be done. */
  private AgentDirectory opened(AgentEvents told) throws InterruptedException {
    LastingProblems problems = new LastingProblems();
    for (int failures = 1; ; failures++) {
      try {
        return AgentDirectory.open(settings.directory(), places);
      } catch (IOException e) {
        String problem = AgentDirectory.problem(e);
        if (problems.isNews(problem)) {
          told.accept(trouble(problem));
        }
        Thread.sleep(servers.retry().delay(failures));
      }
    }
  }

  private static AgentEvent trouble(String problem) {
    return new AgentEvent(AgentEvent.Kind.WAITING, "", "", 0, "disk", problem);
  }

  /** How the agent of a directory fares, whether it runs or not. Changes nothing. */
  public static AgentStatus status(Path directory) throws IOException {
    return AgentStatus.of(directory);
  }

  /**
   * Confirms the deletions that are withheld in a directory at this moment. An agent that runs
   * there carries them out within a few seconds, otherwise the next one does.
   *
   * @return what was confirmed
   */
  public static List<Withheld> confirmDeletions(Path directory) throws IOException {
    AgentNotes there = AgentDirectory.look(directory).notes();
    List<Withheld> withheld = there.kept().withheld();
    if (!withheld.isEmpty()) {
      there.confirm(withheld.stream().map(Withheld::worker).toList());
    }
    return withheld;
  }
}
