package dev.controlplane.client.agent.state;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.controlplane.client.files.PartFile;
import dev.controlplane.client.files.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What an agent writes down in {@code DIR/.cpctl-agent}, in JSON: {@link AgentDirectory} lists the
 * files. A note is replaced as a whole, in one step.
 *
 * <p>The notes of a worker are called by the SHA-256 of its name, so that every file system can
 * hold them and tells them apart.
 */
public final class AgentNotes {
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /**
   * Where the subscription is.
   *
   * @param token how to go on
   * @param consumerId whose token it is
   * @param workers which workers it is about; empty: all
   * @param generation see {@link WorkerState}
   */
  public record Position(
      String token, String consumerId, List<String> workers, long generation, long revision) {
    public Position {
      workers = workers == null ? List.of() : List.copyOf(workers);
    }
  }

  private final Path root;
  private final Path own;
  private final Path notes;

  /**
   * The notes of an agent.
   *
   * @param root the agent's directory
   * @param own its own corner there
   */
  AgentNotes(Path root, Path own) {
    this.root = root;
    this.own = own;
    this.notes = own.resolve("notes");
  }

  /** Makes the place for notes, and takes over those of older releases. */
  void prepare() throws IOException {
    Files.createDirectories(notes);
    renameOldNotes();
  }

  /** Notes were once called as their workers. */
  private void renameOldNotes() throws IOException {
    Path old = own.resolve("workers");
    if (!Files.isDirectory(old, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(old)) {
      for (Path file : files) {
        WorkerState state = state(file);
        String worker = state == null ? file.getFileName().toString() : state.worker();
        save(state == null ? WorkerState.of(worker) : state);
        Files.delete(file);
      }
    }
    Files.delete(old);
  }

  /** Forgets what is known of a worker. */
  void forget(String worker) throws IOException {
    if (Files.deleteIfExists(notes(worker))) {
      PartFile.syncDirectory(notes);
    }
  }

  private Path notes(String worker) {
    return notes.resolve(Sha256.of(worker));
  }

  /** Makes what is known of a worker durable. */
  void save(WorkerState state) throws IOException {
    write(notes(state.worker()), JSON.writeValueAsBytes(state));
  }

  /** Makes the position durable. */
  public void save(Position position) throws IOException {
    write(own.resolve("position"), JSON.writeValueAsBytes(position));
  }

  private void write(Path file, byte[] bytes) throws IOException {
    try (PartFile part = PartFile.in(own)) {
      part.write(ByteBuffer.wrap(bytes));
      part.publish(file);
    }
  }

  /** Makes the deletions that are withheld durable. */
  void save(WithheldDeletions.Kept kept) throws IOException {
    write(own.resolve("deletions"), JSON.writeValueAsBytes(kept));
  }

  /** Notes how the agent fares; after a crash of the machine an older note may be there. */
  public void note(AgentStatus.Live status) throws IOException {
    Path part = own.resolve("status.part");
    Files.write(part, JSON.writeValueAsBytes(status));
    Files.move(
        part,
        own.resolve("status"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Asks the agent that works here, or the next one, to carry out these deletions. */
  public void confirm(List<String> workers) throws IOException {
    write(own.resolve("confirmed"), JSON.writeValueAsBytes(workers));
  }

  /** The workers whose deletions were confirmed. */
  public List<String> confirmed() throws IOException {
    String[] workers = read("confirmed", String[].class);
    return workers == null ? List.of() : List.of(workers);
  }

  /** What was confirmed is noted elsewhere. */
  public void forgetConfirmed() throws IOException {
    Files.deleteIfExists(own.resolve("confirmed"));
  }

  /** The position that was saved last; null where there is none that can be read. */
  public Position position() throws IOException {
    return read("position", Position.class);
  }

  /** The deletions that are withheld. */
  public WithheldDeletions.Kept kept() throws IOException {
    WithheldDeletions.Kept kept = read("deletions", WithheldDeletions.Kept.class);
    return kept == null ? WithheldDeletions.Kept.NOTHING : kept;
  }

  /** How the agent fared last; null where it has told nothing. */
  public AgentStatus.Live live() throws IOException {
    return read("status", AgentStatus.Live.class);
  }

  private <T> T read(String name, Class<T> type) throws IOException {
    try {
      return JSON.readValue(Files.readAllBytes(own.resolve(name)), type);
    } catch (NoSuchFileException | JacksonException e) {
      return null;
    }
  }

  /**
   * What is known of each worker, by name. Of one whose notes can't be read nothing is known but
   * the name.
   */
  public Map<String, WorkerState> states() throws IOException {
    Map<String, WorkerState> all = new TreeMap<>();
    Set<Path> unreadable = new HashSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(notes)) {
      for (Path file : files) {
        WorkerState state = state(file);
        if (state != null && file.equals(notes(state.worker()))) {
          all.put(state.worker(), state);
        } else {
          unreadable.add(file);
        }
      }
    } catch (NoSuchFileException e) {
      return all;
    }
    if (!unreadable.isEmpty()) {
      try (DirectoryStream<Path> workers = Files.newDirectoryStream(root)) {
        for (Path directory : workers) {
          String worker = directory.getFileName().toString();
          if (unreadable.contains(notes(worker))) {
            all.put(worker, WorkerState.of(worker));
          }
        }
      }
    }
    return all;
  }

  /** Null where the file can't be read. */
  private static WorkerState state(Path file) throws IOException {
    try {
      WorkerState state = JSON.readValue(Files.readAllBytes(file), WorkerState.class);
      return state.worker() == null || state.worker().isEmpty() ? null : state;
    } catch (NoSuchFileException | JacksonException e) {
      return null;
    }
  }
}
