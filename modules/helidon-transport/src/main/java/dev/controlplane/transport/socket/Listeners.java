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
 * The listening sockets of a web server: limits the number of their connections, and keeps their
 * accept loops running when {@code accept} fails.
 *
 * <ul>
 *   <li>A connection over the limit is closed at once and counted. Beyond Helidon's {@code
 *       max-tcp-connections}, Helidon does not accept: new clients wait without an answer.
 *   <li>A failed {@code accept} is logged and tried again after a pause. Helidon 4.5.0 ({@code
 *       ServerListener.listen}) ends the listener at the first exception: if the process is out of
 *       file descriptors for a moment, nobody can connect any more, while the process lives on and
 *       its liveness probe goes unanswered.
 *   <li>If a listener ends although nobody stopped it, {@code gone} is called; the process must not
 *       live on without it.
 * </ul>
 *
 * <p>Implementation note: Helidon has no hook for this. Each listener's thread, not yet started, is
 * replaced through reflection by one that replaces the channel with a {@link PatientServerSocket}
 * and then runs Helidon's loop. Helidon's own semaphore counts the connections. The reflected names
 * are those of Helidon 4.5.0; with another version {@link #guard} fails at start.
 */
public final class Listeners {
  /**
   * Permits of Helidon's connection semaphore: the maximum, so that Helidon never makes a client
   * wait.
   */
  private static final int PERMITS = Integer.MAX_VALUE;

  private final Map<String, Guarded> listeners = new TreeMap<>();
  private final int most;
  private final BiConsumer<String, Throwable> gone;

  private record Guarded(Semaphore permits, PatientServerSocket.Counts counts) {
    /**
     * The number of open connections. Helidon's loop takes a permit before it accepts, so one
     * permit more is taken than there are connections.
     */
    int open() {
      return Math.max(0, PERMITS - permits.availablePermits() - 1);
    }
  }

  private Listeners(int most, BiConsumer<String, Throwable> gone) {
    this.most = most;
    this.gone = gone;
  }

  /** Prepares a listener's configuration for {@link #guard}. */
  public static void count(ListenerConfig.BuilderBase<?, ?> listener) {
    listener.maxTcpConnections(PERMITS);
  }

  /**
   * Takes over the listening sockets of a server that is built and not yet started.
   *
   * @param most how many connections each socket may have
   * @param gone receives the name of a socket that stopped listening although nobody stopped it,
   *     and the cause; it must end the process
   * @throws IllegalStateException if a listener was not prepared by {@link #count}, or the Helidon
   *     version differs
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

  /** How many connections a socket has now. */
  public int open(String socket) {
    return listeners.get(socket).open();
  }

  /** How many connections over the limit a socket has closed. */
  public long refused(String socket) {
    return listeners.get(socket).counts().refused();
  }

  /** How often {@code accept} failed on a socket. */
  public long failed(String socket) {
    return listeners.get(socket).counts().failed();
  }
}
