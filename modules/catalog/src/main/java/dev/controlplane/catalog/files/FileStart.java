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
 * Reads the first bytes of a file, many times a second, whatever other processes do to the file.
 * Thread-safe.
 *
 * <p>Implementation note: three ways were not good enough.
 *
 * <ul>
 *   <li>A mapping: if another program cuts the file short, each later access is a SIGBUS.
 *   <li>A {@code FileChannel}: an interrupt of one reading thread closes it for all.
 *   <li>A {@code RandomAccessFile}: it needs a lock, two system calls, and in virtual threads a
 *       carrier to spare; a download of 1 KiB took a third more CPU time. It is what remains on
 *       systems other than Linux.
 * </ul>
 *
 * <p>So on Linux it is pread(2), without a change of the thread's state: the file is in the page
 * cache, for its writer touches it all the time.
 */
public abstract sealed class FileStart implements AutoCloseable {
  private FileStart() {}

  /**
   * Opens a file.
   *
   * @throws IOException if it is not there, or may not be read
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

  /** Fills the array from the start of the file; false if the file is shorter or can't be read. */
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
     * After {@link #close} the descriptor may be another file's. What is read of that is garbage;
     * the caller has closed this because it believes it no more.
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
        // Nothing was written.
      } finally {
        lock.unlock();
      }
    }
  }

  /** The C library's calls. Only where native access is enabled, so that nothing is printed. */
  @SuppressWarnings("restricted")
  private static final class Libc {
    /** asm-generic/fcntl.h: O_RDONLY is 0. */
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

    /** A descriptor; negative if the file can't be opened, or its name is not UTF-8 here. */
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
