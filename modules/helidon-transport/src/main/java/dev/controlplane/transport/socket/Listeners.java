package dev.controlplane.transport.socket;

import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.channels.ServerSocketChannel;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;

/**
 * The listening sockets of a web server, with a bound on their connections, and with accept loops
 * that outlive a failed {@code accept}.
 *
 * <p>Helidon 4.5.0 ({@code ServerListener.listen}) takes the first exception of {@code accept} for
 * the end of the listener: once the process is out of file descriptors for a moment, nobody can
 * connect any more, the process lives on, and its liveness probe is asked in vain. Beyond {@code
 * max-tcp-connections} it does not accept: new clients wait without an answer.
 *
 * <p>Here a connection beyond the bound is closed at once and counted. An {@code accept} that fails
 * is logged, waited out and tried again. A listener that ends although nobody stopped it is
 * reported: the process must not live on without it.
 *
 * <p>Implementation note: Helidon has no hook for this. The thread of each listener, not yet
 * started, is exchanged for one that puts a {@link PatientServerSocket} in the place of the channel
 * and then runs Helidon's loop. Helidon's own semaphore of connections counts them. The names are
 * those of Helidon 4.5.0; with another version {@link #guard} fails at start.
 */
public final class Listeners {
  /**
   * Permits of Helidon's semaphore; as many as it can have, so that it never makes a client wait.
   */
  private static final int PERMITS = Integer.MAX_VALUE;

  private final Map<String, Guarded> listeners = new TreeMap<>();
  private final int most;
  private final BiConsumer<String, Throwable> gone;

  private record Guarded(Semaphore permits, PatientServerSocket.Counts counts) {
    /** Helidon's loop takes a permit before it accepts: one more than there are connections. */
    int open() {
      return Math.max(0, PERMITS - permits.availablePermits() - 1);
    }
  }

  private Listeners(int most, BiConsumer<String, Throwable> gone) {
    this.most = most;
    this.gone = gone;
  }

  /** Prepares a listener for {@link #guard}: its connections are counted. */
  public static void count(ListenerConfig.BuilderBase<?, ?> listener) {
    listener.maxTcpConnections(PERMITS);
  }

  /**
   * Takes over the listening sockets of a server that is built and not yet started.
   *
   * @param most how many connections each of its sockets may have
   * @param gone is told of a socket that listens no more although nobody stopped it, and why; it
   *     must end the process
   * @throws IllegalStateException if a listener was not prepared by {@link #count}, or Helidon is
   *     of another version
   */
  public static Listeners guard(WebServer server, int most, BiConsumer<String, Throwable> gone) {
    if (most < 1) {
      throw new IllegalArgumentException("most must be at least 1, not " + most);
    }
    Listeners listeners = new Listeners(most, gone);
    try {
      Map<?, ?> all = (Map<?, ?>) field(server, "listeners").get(server);
      for (Map.Entry<?, ?> each : all.entrySet()) {
        listeners.takeOver((String) each.getKey(), each.getValue());
      }
    } catch (ReflectiveOperationException | ClassCastException e) {
      throw new IllegalStateException(
          "this Helidon is not 4.5.0, whose accept loop is known; see the README of"
              + " helidon-transport",
          e);
    }
    return listeners;
  }

  private void takeOver(String name, Object listener) throws ReflectiveOperationException {
    Semaphore permits = (Semaphore) field(listener, "connectionSemaphore").get(listener);
    if (permits.availablePermits() != PERMITS) {
      throw new IllegalStateException("the connections of socket " + name + " are not counted");
    }
    Guarded guarded = new Guarded(permits, new PatientServerSocket.Counts());
    Field socket = field(listener, "serverSocket");
    Field thread = field(listener, "serverThread");
    Method listen = listener.getClass().getDeclaredMethod("listen");
    listen.setAccessible(true);
    Thread helidons = (Thread) thread.get(listener);
    thread.set(
        listener,
        Thread.ofPlatform()
            .daemon(false)
            .name(helidons.getName())
            .unstarted(() -> listen(name, listener, socket, listen, guarded)));
    listeners.put(name, guarded);
  }

  private void listen(String name, Object listener, Field socket, Method listen, Guarded guarded) {
    try {
      PatientServerSocket patient =
          new PatientServerSocket(
              name,
              (ServerSocketChannel) socket.get(listener),
              () -> guarded.open() < most,
              guarded.counts(),
              cause -> gone.accept(name, cause));
      socket.set(listener, patient);
      listen.invoke(listener);
    } catch (InvocationTargetException e) {
      gone.accept(name, e.getCause());
    } catch (ReflectiveOperationException | RuntimeException | Error e) {
      gone.accept(name, e);
    }
  }

  private static Field field(Object of, String name) throws NoSuchFieldException {
    Field field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  /** The names of the sockets. */
  public Iterable<String> sockets() {
    return listeners.keySet();
  }

  /** How many connections each socket may have. */
  public int most() {
    return most;
  }

  /** How many connections a socket has. */
  public int open(String socket) {
    return listeners.get(socket).open();
  }

  /** How many connections a socket has closed at once because it had as many as it may. */
  public long refused(String socket) {
    return listeners.get(socket).counts().refused();
  }

  /** How often {@code accept} failed on a socket. */
  public long failed(String socket) {
    return listeners.get(socket).counts().failed();
  }
}
