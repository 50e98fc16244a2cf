package dev.controlplane.pprof.http;

import dev.controlplane.pprof.ProfileKind;
import dev.controlplane.pprof.ProfileKind.IllegalParameterException;
import dev.controlplane.pprof.ProfileKind.InUseException;
import dev.controlplane.pprof.Profiles;
import dev.controlplane.pprof.signal.CommandLine;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Serves {@code /debug/pprof/} like Go 1.26: {@code net/http.ServeMux} together with the handlers
 * of {@code net/http/pprof}. Thread-safe.
 *
 * <p>It works over an {@link Exchange}, which an adapter implements for one HTTP server, and knows
 * only the profiles of its registry. It costs other requests one comparison.
 *
 * @since 0.1.0
 */
public final class PprofEndpoint {
  /** The most that {@link Builder#maxRequests} may be. */
  public static final int MOST_REQUESTS = 1000;

  private static final String ROOT = "/debug/pprof";
  private static final String UI = "ui";
  private static final Set<String> READING = Set.of("GET", "HEAD");
  private static final System.Logger LOG = System.getLogger(PprofEndpoint.class.getName());

  private final Profiles profiles;
  private final Access access;
  private final Gate gate;
  private final Admission admission;
  private final CollectedProfiles collected;
  private final Recordings recordings;
  private final UiEndpoint ui;

  private PprofEndpoint(Builder builder) {
    this.profiles = builder.profiles;
    this.access = builder.access;
    this.gate = Gate.of(builder.access, builder.token);
    this.admission = new Admission(builder.maxRequests);
    this.collected = new CollectedProfiles(admission, builder.maxRequests);
    this.recordings = new Recordings(admission);
    this.ui = new UiEndpoint(profiles, admission, builder.jvmThreads);
  }

  /** Begins an endpoint that serves these profiles; kinds that are added later are served too. */
  public static Builder builder(Profiles profiles) {
    return new Builder(profiles);
  }

  /** An endpoint that serves these profiles to clients on this machine. */
  public static PprofEndpoint create(Profiles profiles) {
    return builder(profiles).build();
  }

  /**
   * Answers a request if its path is {@code /debug/pprof} or below.
   *
   * @return whether it is; if not, the exchange was not touched
   * @throws AnswerCutException if the answer broke off: the adapter must end the connection
   * @throws IOException if the client has gone
   */
  public boolean serve(Exchange exchange) throws IOException {
    String sent = exchange.rawPath();
    if (!sent.startsWith(ROOT) || access == Access.OFF) {
      return false;
    }
    String clean = GoPath.clean(sent);
    String path = GoPath.decode(clean);
    if (!path.equals(ROOT) && !path.startsWith(ROOT + "/")) {
      return false;
    }
    Reply reply = new Reply(exchange);
    Optional<Gate.Refusal> refusal = gate.check(exchange);
    if (refusal.isPresent()) {
      refuse(reply, refusal.get());
    } else {
      serve(reply, sent, clean, path);
    }
    return true;
  }

  /** Who may read profiles. */
  public Access access() {
    return access;
  }

  /** How many profiles are being taken or read by their clients now. */
  public int openRequests() {
    return admission.admitted();
  }

  /** How many delta requests (with {@code seconds}) wait for their second profile now. */
  public int waitingDeltas() {
    return collected.waiting();
  }

  /** How many requests were answered 503 because there were too many. */
  public long refusedRequests() {
    return admission.refused();
  }

  private static void refuse(Reply reply, Gate.Refusal refusal) throws IOException {
    if (refusal.challenge()) {
      reply.header("WWW-Authenticate", "Bearer realm=\"pprof\", Basic realm=\"pprof\"");
    }
    reply.error(refusal.status(), refusal.text());
  }

  private void serve(Reply reply, String sent, String clean, String path) throws IOException {
    boolean isSymbol = path.equals(ROOT + "/symbol");
    if (!READING.contains(reply.method()) && !(isSymbol && reply.method().equals("POST"))) {
      reply.header("Allow", isSymbol ? "GET, HEAD, POST" : "GET, HEAD");
      reply.send(405, Reply.TEXT, "Method Not Allowed\n");
    } else if (path.equals(ROOT)) {
      redirect(reply, clean + "/");
    } else if (!clean.equals(sent)) {
      redirect(reply, clean);
    } else {
      name(reply, path.substring(ROOT.length() + 1));
    }
  }

  private static void redirect(Reply reply, String path) throws IOException {
    Exchange exchange = reply.exchange();
    String query = exchange.rawQuery();
    String location = exchange.prefix() + (query.isEmpty() ? path : path + "?" + query);
    reply
        .header("Location", location)
        .send(
            307,
            Reply.HTML,
            "<a href=\"" + IndexPage.escape(location) + "\">Temporary Redirect</a>.\n\n");
  }

  private void name(Reply reply, String name) throws IOException {
    switch (name) {
      case "" -> reply.send(200, Reply.HTML, IndexPage.render(profiles));
      case "cmdline" -> reply.send(200, Reply.TEXT, CommandLine.read());
      case "symbol" -> SymbolEndpoint.answer(reply);
      default -> {
        Optional<ProfileKind> kind = profiles.find(name);
        if (kind.isPresent()) {
          profile(reply, kind.get());
        } else if (name.equals(UI) || name.startsWith(UI + "/")) {
          ui(reply, name.substring(UI.length()));
        } else {
          reply.error(404, "Unknown profile");
        }
      }
    }
  }

  private void profile(Reply reply, ProfileKind kind) throws IOException {
    GoValues values = GoValues.parse(reply.exchange().rawQuery());
    try {
      switch (kind) {
        case ProfileKind.Collected now -> collected.answer(reply, now, values);
        case ProfileKind.Window window -> recordings.answer(reply, window, values);
        case ProfileKind.Raw raw -> recordings.answer(reply, raw, values);
      }
    } catch (BusyException e) {
      reply.header("Retry-After", "1").error(503, e.getMessage());
    } catch (IllegalParameterException e) {
      failed(reply, 400, e.getMessage(), e);
    } catch (InUseException e) {
      failed(reply, 500, e.getMessage(), e);
    } catch (IOException e) {
      failed(reply, 500, "failed to collect profile" + reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failed(reply, 500, "context canceled", e);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "the profile " + kind.name() + " failed", e);
      failed(reply, 500, "failed to collect profile: it failed with " + e.getClass().getName(), e);
    }
  }

  private void ui(Reply reply, String path) throws IOException {
    try {
      ui.answer(reply, path);
    } catch (BusyException e) {
      reply.header("Retry-After", "1").error(503, e.getMessage());
    } catch (IOException e) {
      failed(reply, 500, "failed to look at the goroutines" + reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failed(reply, 500, "context canceled", e);
    }
  }

  /** Answers with an error, or breaks off the answer that has begun. */
  private static void failed(Reply reply, int status, String text, Exception cause)
      throws IOException {
    if (reply.hasBegun()) {
      throw new AnswerCutException(cause);
    }
    reply.error(status, text);
  }

  /** Why a profile can't be collected, without the path of a file. */
  private static String reason(IOException e) {
    String reason = e instanceof FileSystemException file ? file.getReason() : e.getMessage();
    return reason == null || reason.isBlank() ? "" : ": " + reason;
  }

  /**
   * Options of an endpoint.
   *
   * @since 0.1.0
   */
  public static final class Builder {
    private final Profiles profiles;
    private Access access = Access.LOOPBACK;
    private String token = "";
    private int maxRequests = 16;
    private boolean jvmThreads = true;

    private Builder(Profiles profiles) {
      this.profiles = Objects.requireNonNull(profiles, "profiles");
    }

    /** Sets who may read profiles; by default clients on this machine. */
    public Builder access(Access who) {
      access = Objects.requireNonNull(who, "access");
      return this;
    }

    /** Sets the secret for {@link Access#TOKEN}. */
    public Builder token(String secret) {
      token = Objects.requireNonNull(secret, "token");
      return this;
    }

    /** Sets whether the page shows the JVM's own threads; by default it does. */
    public Builder jvmThreads(boolean shown) {
      jvmThreads = shown;
      return this;
    }

    /**
     * Sets how many profiles may be taken or read by their clients at the same time, 1 to {@value
     * #MOST_REQUESTS}; by default 16. A quarter of them, at least one, work at the same time. Three
     * times as many requests wait; all others are answered 503.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder maxRequests(int most) {
      if (most < 1 || most > MOST_REQUESTS) {
        throw new IllegalArgumentException(
            "pprof max-requests is %d; expected: 1 to %d".formatted(most, MOST_REQUESTS));
      }
      maxRequests = most;
      return this;
    }

    /**
     * Creates the endpoint.
     *
     * @throws IllegalArgumentException if {@link Access#TOKEN} comes without a token
     */
    public PprofEndpoint build() {
      if (access == Access.TOKEN && token.isBlank()) {
        throw new IllegalArgumentException(
            "pprof access is \"token\", but there is no token: set pprof.token (PPROF_TOKEN)");
      }
      return new PprofEndpoint(this);
    }
  }
}
