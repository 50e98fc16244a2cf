package dev.controlplane.pprof.signal;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The JVM's data dump requests: SIGQUIT and {@code jcmd <pid> JVMTI.data_dump}.
 *
 * <p>HotSpot keeps SIGQUIT to itself and {@code sun.misc.Signal} refuses it, but tells JVMTI
 * environments of it after it has printed its own dump. So this class makes itself one, through the
 * foreign function API: {@code JNI_GetCreatedJavaVMs} gives the running VM, its {@code GetEnv} a
 * JVMTI environment without any capability, to which a callback of one event is given. Numbers are
 * those of the JVM Tool Interface 1.2 specification (function table, event index) and of the JNI
 * invocation interface.
 */
// Native access is the point of this class.
@SuppressWarnings("restricted")
final class DataDumpRequests {
  private static final int JVMTI_VERSION_1_2 = 0x30010200;

  /** Places in {@code JNIInvokeInterface} and {@code jvmtiInterface}, the first is 0. */
  private static final int GET_ENV = 6;

  private static final int SET_EVENT_NOTIFICATION_MODE = 1;
  private static final int SET_EVENT_CALLBACKS = 121;

  private static final int EVENT_DATA_DUMP_REQUEST = 71;

  /** {@code jvmtiEventCallbacks} starts with the event of this number. */
  private static final int FIRST_EVENT = 50;

  private static final int ENABLE = 1;
  private static final int DISABLE = 0;

  private static final MemoryLayout POINTER = ValueLayout.ADDRESS;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

  private final Linker linker = Linker.nativeLinker();
  private final MemorySegment environment;
  private final MethodHandle setEventNotificationMode;

  /**
   * Runs {@code onRequest} for each request until {@link #stop}.
   *
   * @param onRequest called on the JVM's "Signal Dispatcher" or "Attach Listener" thread, which
   *     serves others too: it must return at once
   * @throws UnsupportedOperationException on a JVM without JVMTI or native access
   */
  static DataDumpRequests start(Runnable onRequest) {
    try {
      return new DataDumpRequests(onRequest);
    } catch (IllegalCallerException | IllegalArgumentException e) {
      throw new UnsupportedOperationException("no native access: " + e.getMessage(), e);
    }
  }

  private DataDumpRequests(Runnable onRequest) {
    environment = jvmtiEnvironment();
    MethodHandle setEventCallbacks =
        function(
            environment,
            SET_EVENT_CALLBACKS,
            FunctionDescriptor.of(INT, POINTER, POINTER, ValueLayout.JAVA_INT));
    setEventNotificationMode =
        function(
            environment,
            SET_EVENT_NOTIFICATION_MODE,
            FunctionDescriptor.of(INT, POINTER, INT, INT, POINTER),
            Linker.Option.firstVariadicArg(4));
    try (Arena arena = Arena.ofConfined()) {
      int slots = EVENT_DATA_DUMP_REQUEST - FIRST_EVENT + 1;
      MemorySegment callbacks = arena.allocate(POINTER, slots);
      callbacks.setAtIndex(ValueLayout.ADDRESS, slots - 1, callback(onRequest));
      check(
          "SetEventCallbacks",
          (int) setEventCallbacks.invokeExact(environment, callbacks, (int) callbacks.byteSize()));
    } catch (Throwable e) {
      throw unexpected(e);
    }
    notify(ENABLE);
  }

  /** Ends the calls of {@code onRequest}. */
  void stop() {
    notify(DISABLE);
  }

  private void notify(int mode) {
    try {
      check(
          "SetEventNotificationMode",
          (int)
              setEventNotificationMode.invokeExact(
                  environment, mode, EVENT_DATA_DUMP_REQUEST, MemorySegment.NULL));
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private MemorySegment jvmtiEnvironment() {
    // The library is the JVM that runs this: it is never unloaded.
    MethodHandle getCreatedVms =
        linker.downcallHandle(
            SymbolLookup.libraryLookup(libjvm(), Arena.global())
                .find("JNI_GetCreatedJavaVMs")
                .orElseThrow(() -> new UnsupportedOperationException("a JVM without JNI")),
            FunctionDescriptor.of(INT, POINTER, INT, POINTER));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment vms = arena.allocate(POINTER);
      MemorySegment count = arena.allocate(INT);
      check("JNI_GetCreatedJavaVMs", (int) getCreatedVms.invokeExact(vms, 1, count));
      MemorySegment vm = vms.get(ValueLayout.ADDRESS, 0);
      MethodHandle getEnv =
          function(vm, GET_ENV, FunctionDescriptor.of(INT, POINTER, POINTER, INT));
      MemorySegment found = arena.allocate(POINTER);
      check("GetEnv", (int) getEnv.invokeExact(vm, found, JVMTI_VERSION_1_2));
      return found.get(ValueLayout.ADDRESS, 0);
    } catch (Throwable e) {
      throw unexpected(e);
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

  /** The function at a place of the table that an interface pointer points to. */
  private MethodHandle function(
      MemorySegment self, int place, FunctionDescriptor type, Linker.Option... options) {
    long size = ValueLayout.ADDRESS.byteSize();
    MemorySegment table = self.reinterpret(size).get(ValueLayout.ADDRESS, 0);
    MemorySegment address =
        table.reinterpret((place + 1) * size).getAtIndex(ValueLayout.ADDRESS, place);
    return linker.downcallHandle(address, type, options);
  }

  /** {@code void (jvmtiEnv*)}; lives for ever: an event may be under way while stop() returns. */
  private MemorySegment callback(Runnable onRequest) throws ReflectiveOperationException {
    Runnable guarded = () -> runGuarded(onRequest);
    MethodHandle run =
        MethodHandles.lookup()
            .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
            .bindTo(guarded);
    return linker.upcallStub(
        MethodHandles.dropArguments(run, 0, MemorySegment.class),
        FunctionDescriptor.ofVoid(POINTER),
        Arena.global());
  }

  private static void runGuarded(Runnable onRequest) {
    try {
      onRequest.run();
    } catch (Throwable e) {
      // An exception that leaves an upcall ends the JVM; a dump not made does less harm.
      System.getLogger(DataDumpRequests.class.getName())
          .log(System.Logger.Level.ERROR, "A goroutine dump could not be asked for", e);
    }
  }

  private static void check(String function, int result) {
    if (result != 0) {
      throw new UnsupportedOperationException(function + " answers " + result);
    }
  }

  private static RuntimeException unexpected(Throwable e) {
    return e instanceof RuntimeException known
        ? known
        : new UnsupportedOperationException("the JVM can't be asked for dump requests: " + e, e);
  }
}
