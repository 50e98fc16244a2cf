package dev.controlplane.system.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** Stands before a port and is as bad a network as it is told to be. */
public final class BadNetwork implements AutoCloseable {
  private static final int BUFFER = 4 << 10;

  private final int target;
  private final ServerSocket listener;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private volatile long delayNanos;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition flows = lock.newCondition();
  private boolean silent;

  /** A connection through it: both its sockets live and die together. */
  private final class Link {
    private final Socket client;
    private final Socket server;

    /** Bytes of the server's that still pass. */
    private final AtomicLong left = new AtomicLong(Long.MAX_VALUE);

    Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void relayRequests() {
      try {
        relay(client, server, false);
      } finally {
        close(false);
      }
    }

    void relayAnswers() {
      try {
        relay(server, client, true);
      } finally {
        close(false);
      }
    }

    private void relay(Socket from, Socket to, boolean counted) {
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        byte[] buffer = new byte[BUFFER];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          LockSupport.parkNanos(delayNanos);
          awaitFlow();
          int passed = counted ? (int) Math.min(n, left.get()) : n;
          out.write(buffer, 0, passed);
          if (counted && left.addAndGet(-passed) <= 0) {
            return;
          }
        }
      } catch (IOException e) {
        // It was cut, or one of the two has gone.
      }
    }

    void close(boolean reset) {
      links.remove(this);
      for (Socket socket : new Socket[] {client, server}) {
        try {
          if (reset) {
            socket.setOption(StandardSocketOptions.SO_LINGER, 0);
          }
          socket.close();
        } catch (IOException e) {
          // It is closed already.
        }
      }
    }
  }

  /** A good network before a port of this machine. */
  public BadNetwork(int target) {
    this.target = target;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** Each piece of data takes so much longer. */
  public void delay(long millis) {
    delayNanos = TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** Nothing passes, in either direction, and nobody is told. */
  public void goSilent() {
    lock.lock();
    try {
      silent = true;
    } finally {
      lock.unlock();
    }
  }

  /** Every connection ends with a reset. */
  public void reset() {
    links.forEach(link -> link.close(true));
  }

  /** Every connection ends after so many more bytes of the server's, wherever in a message. */
  public void cutAfter(long bytes) {
    links.forEach(link -> link.left.set(bytes));
  }

  /** It is a good network again; connections that were cut stay so. */
  public void heal() {
    delayNanos = 0;
    links.forEach(link -> link.left.set(Long.MAX_VALUE));
    lock.lock();
    try {
      silent = false;
      flows.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void awaitFlow() {
    lock.lock();
    try {
      while (silent) {
        flows.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        try {
          Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
          links.add(link);
          Thread.ofVirtual().start(link::relayRequests);
          Thread.ofVirtual().start(link::relayAnswers);
        } catch (IOException e) {
          // Nobody listens: the client finds out.
          client.close();
        }
      } catch (IOException e) {
        return;
      }
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    heal();
    reset();
  }
}
