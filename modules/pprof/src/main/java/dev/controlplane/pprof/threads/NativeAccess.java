package dev.controlplane.pprof.threads;

import java.lang.System.Logger.Level;

/** Whether this code may call the system, for which {@code java.lang.foreign} is needed. */
public final class NativeAccess {
  /** The first JDK in which {@code java.lang.foreign} is no preview. */
  public static final int FIRST_JDK = 22;

  private NativeAccess() {}

  /** Decided, and logged if the JDK is too old, at the first use. */
  private static final class Decision {
    static final boolean POSSIBLE =
        offeredOrLogged() && NativeAccess.class.getModule().isNativeAccessEnabled();
  }

  /** Whether this JDK offers system calls at all. */
  public static boolean isOffered() {
    return Runtime.version().feature() >= FIRST_JDK;
  }

  /** Whether system calls are offered and allowed; logs one line if the JDK is too old for them. */
  public static boolean isPossible() {
    return Decision.POSSIBLE;
  }

  private static boolean offeredOrLogged() {
    if (!isOffered()) {
      System.getLogger("dev.controlplane.pprof")
          .log(
              Level.INFO,
              "Profiles of many threads are taken at normal instead of low priority: JDK "
                  + Runtime.version().feature()
                  + " has no java.lang.foreign, JDK "
                  + FIRST_JDK
                  + " and later have it");
    }
    return isOffered();
  }
}
