package dev.controlplane.pprof.signal;

import dev.controlplane.pprof.threads.Exports;
import dev.controlplane.pprof.threads.NativeAccess;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Receives the JVM's data dump requests: SIGQUIT and {@code jcmd <pid> JVMTI.data_dump}.
 *
 * <p>Implementation note: HotSpot reserves SIGQUIT, and {@code sun.misc.Signal} rejects it, but
 * after printing its own dump HotSpot notifies JVMTI environments. This class therefore creates one
 * through the foreign function API: {@code JNI_GetCreatedJavaVMs} returns the running VM, and its
 * {@code GetEnv} a JVMTI environment, which gets a callback for one event and no capabilities. The
 * numbers are those of the JVM Tool Interface 1.2 specification (function table, event index) and
 * of the JNI invocation interface.
 */
// Native access is the purpose of this class.
@SuppressWarnings("restricted")
final class DataDumpRequests {
  private static final int JVMTI_VERSION_1_2 = 0x30010200;

  /** Indexes in {@code JNIInvokeInterface} and {@code jvmtiInterface}, from 0. */
  private static final int GET_ENV = 6;

  private static final int SET_EVENT_NOTIFICATION_MODE = 1;
  private static final int SET_EVENT_CALLBACKS = 121;

  private static final int EVENT_DATA_DUMP_REQUEST = 71;

  /** The number of the first event in {@code jvmtiEventCallbacks}. */
  private static final int FIRST_EVENT = 50;

  private static final int ENABLE = 1;
  private static final int DISABLE = 0;

  private static final ValueLayout.OfLong POINTER = ValueLayout.JAVA_LONG;

  /**
   * One signature for every function called here. It is wider than some of them need, which is
   * harmless: the first four integer arguments are passed in registers on every 64-bit system, and
   * a function reads only its own arguments, at their own width. Each further signature would delay
   * the start by 30 ms.
   */
  private static final FunctionDescriptor FUNCTION =
      FunctionDescriptor.of(ValueLayout.JAVA_INT, POINTER, POINTER, POINTER, POINTER);

  /** The callback of each environment. */
  private static final ConcurrentMap<Long, Runnable> ON_REQUEST = new ConcurrentHashMap<>();

  private final Linker linker = Linker.nativeLinker();
  private final MethodHandle function = linker.downcallHandle(FUNCTION);
  private final long environment;

  /**
   * Runs {@code onRequest} for each request until {@link #stop}.
   *
   * @param onRequest called on the JVM's "Signal Dispatcher" or "Attach Listener" thread, which
   *     also serves others, so it must return at once
   * @throws UnsupportedOperationException before JDK 22, and on a JVM without JVMTI or native
   *     access
   */
  static DataDumpRequests start(Runnable onRequest) {
    if (!NativeAccess.isOffered()) {
      throw new UnsupportedOperationException(
          "JDK %d has no java.lang.foreign, JDK %d and later have it"
              .formatted(Runtime.version().feature(), NativeAccess.FIRST_JDK));
    }
    try {
      return new DataDumpRequests(onRequest);
    } catch (IllegalCallerException e) {
      throw new UnsupportedOperationException(
          "this JVM denies native access: start it with " + Exports.enableNativeAccess(), e);
    } catch (IllegalArgumentException e) {
      throw new UnsupportedOperationException("no native access: " + e.getMessage(), e);
    }
  }

  private DataDumpRequests(Runnable onRequest) {
    environment = jvmtiEnvironment();
    ON_REQUEST.put(environment, onRequest);
    try (Arena arena = Arena.ofConfined()) {
      int slots = EVENT_DATA_DUMP_REQUEST - FIRST_EVENT + 1;
      MemorySegment callbacks = arena.allocate(POINTER, slots);
      callbacks.setAtIndex(POINTER, slots - 1, callback().address());
      call(
          "SetEventCallbacks",
          member(environment, SET_EVENT_CALLBACKS),
          environment,
          callbacks.address(),
          callbacks.byteSize(),
          0);
    } catch (ReflectiveOperationException e) {
      throw unexpected(e);
    }
    notify(ENABLE);
  }

  /** Stops calling {@code onRequest}. */
  void stop() {
    notify(DISABLE);
  }

  private void notify(int mode) {
    call(
        "SetEventNotificationMode",
        member(environment, SET_EVENT_NOTIFICATION_MODE),
        environment,
        mode,
        EVENT_DATA_DUMP_REQUEST,
        0);
  }

  private long jvmtiEnvironment() {
    // The library is this JVM, so it is never unloaded.
    MemorySegment getCreatedVms =
        SymbolLookup.libraryLookup(libjvm(), Arena.global())
            .find("JNI_GetCreatedJavaVMs")
            .orElseThrow(() -> new UnsupportedOperationException("a JVM without JNI"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment vms = arena.allocate(POINTER);
      MemorySegment count = arena.allocate(POINTER);
      call("JNI_GetCreatedJavaVMs", getCreatedVms, vms.address(), 1, count.address(), 0);
      long vm = vms.get(POINTER, 0);
      MemorySegment found = arena.allocate(POINTER);
      call("GetEnv", member(vm, GET_ENV), vm, found.address(), JVMTI_VERSION_1_2, 0);
      return found.get(POINTER, 0);
    }
  }

  private void call(
      String name, MemorySegment address, long first, long second, long third, long fourth) {
    int result;
    try {
      result = (int) function.invokeExact(address, first, second, third, fourth);
    } catch (Throwable e) {
      throw unexpected(e);
    }
    if (result != 0) {
      throw new UnsupportedOperationException(name + " answers " + result);
    }
  }

  private static Path libjvm() {
    Path home = Path.of(System.getProperty("java.home"));
    String file = System.mapLibraryName("jvm");
    return List.of("lib/server", "bin/server", "lib/client", "lib/minimal").stream()
        .map(directory -> home.resolve(directory).resolve(file))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() -> new UnsupportedOperationException("no " + file + " below " + home));
  }

  /** Returns the function at an index of the table that an interface pointer points to. */
  private static MemorySegment member(long self, int place) {
    long size = POINTER.byteSize();
    long table = MemorySegment.ofAddress(self).reinterpret(size).get(POINTER, 0);
    MemorySegment places = MemorySegment.ofAddress(table).reinterpret((place + 1) * size);
    return MemorySegment.ofAddress(places.get(POINTER, place * size));
  }

  /**
   * The native callback, {@code void (jvmtiEnv*)}. It lives for ever, because an event may be in
   * progress while stop() returns.
   */
  private MemorySegment callback() throws ReflectiveOperationException {
    return linker.upcallStub(
        MethodHandles.lookup()
            .findStatic(
                DataDumpRequests.class, "requested", MethodType.methodType(void.class, long.class)),
        FunctionDescriptor.ofVoid(POINTER),
        Arena.global());
  }

  /** Called by the JVM. */
  @SuppressWarnings("UnusedMethod")
  private static void requested(long environment) {
    try {
      ON_REQUEST.get(environment).run();
    } catch (Throwable e) {
      // An exception that leaves an upcall would end the JVM; a missing dump is less harmful.
      System.getLogger(DataDumpRequests.class.getName())
          .log(System.Logger.Level.ERROR, "A goroutine dump could not be asked for", e);
    }
  }

  private static RuntimeException unexpected(Throwable e) {
    return e instanceof RuntimeException known
        ? known
        : new UnsupportedOperationException("the JVM can't be asked for dump requests: " + e, e);
  }
}
