package dev.controlplane.catalog.files;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Reads the first bytes of a file, many times a second, while other processes write, truncate or
 * replace it. Thread-safe.
 *
 * <p>Implementation note: on Linux each read is one pread(2) without a lock. The call is made
 * without a change of the thread's state ("critical"), which must be short: the file is always in
 * the page cache, because its writer changes it all the time. Three alternatives are worse:
 *
 * <ul>
 *   <li>A mapping: if another program truncates the file, each later access raises SIGBUS.
 *   <li>A {@code FileChannel}: an interrupt of one reading thread closes it for all.
 *   <li>A {@code RandomAccessFile}: it needs a lock, two system calls and, in virtual threads, a
 *       spare carrier thread. With it a download of 1 KiB took a third more CPU time. Other systems
 *       than Linux use it.
 * </ul>
 */
public abstract sealed class FileStart implements AutoCloseable {
  private FileStart() {}

  /**
   * Opens a file.
   *
   * @throws IOException if it does not exist or can't be opened
   */
  public static FileStart open(Path file) throws IOException {
    if (Libc.AVAILABLE) {
      int descriptor = Libc.open(file);
      if (descriptor >= 0) {
        return new Pread(descriptor);
      }
    }
    return new Locked(file);
  }

  /**
   * Fills the array from the start of the file; returns false if the file is shorter or unreadable.
   */
  public abstract boolean read(byte[] into);

  @Override
  public abstract void close();

  private static final class Pread extends FileStart {
    private final int descriptor;
    private boolean closed;

    private Pread(int descriptor) {
      this.descriptor = descriptor;
    }

    /**
     * After {@link #close} the descriptor may belong to another file, so the bytes may be garbage.
     * That is harmless: the caller closes this only after it stopped trusting the file.
     */
    @Override
    public boolean read(byte[] into) {
      return Libc.pread(descriptor, into) == into.length;
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        Libc.close(descriptor);
      }
    }
  }

  private static final class Locked extends FileStart {
    private final ReentrantLock lock = new ReentrantLock();
    private final RandomAccessFile content;

    private Locked(Path file) throws IOException {
      content = new RandomAccessFile(file.toFile(), "r");
    }

    @Override
    public boolean read(byte[] into) {
      lock.lock();
      try {
        content.seek(0);
        content.readFully(into);
        return true;
      } catch (IOException e) {
        return false;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        content.close();
      } catch (IOException e) {
        // Nothing was written, so nothing is lost.
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * The C library's functions. Used only if native access is enabled, so that the JVM prints no
   * warning.
   */
  @SuppressWarnings("restricted")
  private static final class Libc {
    /** From asm-generic/fcntl.h; O_RDONLY is 0. */
    private static final int O_CLOEXEC = 0x80000;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    static final boolean AVAILABLE =
        System.getProperty("os.name").equals("Linux")
            && FileStart.class.getModule().isNativeAccessEnabled();

    private static final MethodHandle OPEN =
        function("open", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle PREAD =
        function(
            "pread",
            FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG, LONG),
            Linker.Option.critical(true));

    private Libc() {}

    private static MethodHandle function(
        String name, FunctionDescriptor type, Linker.Option... options) {
      if (!AVAILABLE) {
        return null;
      }
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type, options);
    }

    /**
     * Returns a file descriptor; negative if the file can't be opened or its name can't be
     * expressed in UTF-8.
     */
    static int open(Path file) {
      try (Arena arena = Arena.ofConfined()) {
        return (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), O_CLOEXEC);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }

    static long pread(int descriptor, byte[] into) {
      try {
        return (long)
            PREAD.invokeExact(descriptor, MemorySegment.ofArray(into), (long) into.length, 0L);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }

    static void close(int descriptor) {
      try {
        int _ = (int) CLOSE.invokeExact(descriptor);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
