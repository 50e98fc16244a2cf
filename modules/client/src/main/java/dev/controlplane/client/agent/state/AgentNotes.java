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
 * The notes of an agent in {@code DIR/.cpctl-agent}, as JSON; {@link AgentDirectory} lists the
 * files. A note is replaced as a whole, in one step.
 *
 * <p>The note of a worker is named by the SHA-256 of the worker's name, which works on every file
 * system and distinguishes all names.
 */
public final class AgentNotes {
  private static final ObjectMapper JSON =
      new ObjectMapper().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  /**
   * The position of the subscription.
   *
   * @param token the resume token
   * @param consumerId the consumer of the token
   * @param workers the workers of the subscription; empty for all
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
   * Opens the notes of an agent.
   *
   * @param root the agent's directory
   * @param own its subdirectory for the agent's own files
   */
  AgentNotes(Path root, Path own) {
    this.root = root;
    this.own = own;
    this.notes = own.resolve("notes");
  }

  /** Creates the directory of notes, and takes over those of older releases. */
  void prepare() throws IOException {
    Files.createDirectories(notes);
    renameOldNotes();
  }

  /** Older releases named notes like their workers. */
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

  /** Removes the note of a worker. */
  void forget(String worker) throws IOException {
    if (Files.deleteIfExists(notes(worker))) {
      PartFile.syncDirectory(notes);
    }
  }

  private Path notes(String worker) {
    return notes.resolve(Sha256.of(worker));
  }

  /** Makes the state of a worker durable. */
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

  /** Makes the withheld deletions durable. */
  void save(WithheldDeletions.Kept kept) throws IOException {
    write(own.resolve("deletions"), JSON.writeValueAsBytes(kept));
  }

  /** Notes the agent's state. Not durable: after a crash of the machine it may be an older one. */
  public void note(AgentStatus.Live status) throws IOException {
    Path part = own.resolve("status.part");
    Files.write(part, JSON.writeValueAsBytes(status));
    Files.move(
        part,
        own.resolve("status"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  /** Asks the agent of this directory, or the next one, to carry out these deletions. */
  public void confirm(List<String> workers) throws IOException {
    write(own.resolve("confirmed"), JSON.writeValueAsBytes(workers));
  }

  /** The workers whose deletions were confirmed. */
  public List<String> confirmed() throws IOException {
    String[] workers = read("confirmed", String[].class);
    return workers == null ? List.of() : List.of(workers);
  }

  /** Removes the confirmations, which were noted elsewhere. */
  public void forgetConfirmed() throws IOException {
    Files.deleteIfExists(own.resolve("confirmed"));
  }

  /** The last saved position; null if there is none or it is unreadable. */
  public Position position() throws IOException {
    return read("position", Position.class);
  }

  /** The withheld deletions. */
  public WithheldDeletions.Kept kept() throws IOException {
    WithheldDeletions.Kept kept = read("deletions", WithheldDeletions.Kept.class);
    return kept == null ? WithheldDeletions.Kept.NOTHING : kept;
  }

  /** The last noted state of the agent; null if there is none. */
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
   * The state of each worker, by name. If the note of a worker is unreadable, only its name is
   * known.
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

  /** Null if the file is unreadable. */
  private static WorkerState state(Path file) throws IOException {
    try {
      WorkerState state = JSON.readValue(Files.readAllBytes(file), WorkerState.class);
      return state.worker() == null || state.worker().isEmpty() ? null : state;
    } catch (NoSuchFileException | JacksonException e) {
      return null;
    }
  }
}
