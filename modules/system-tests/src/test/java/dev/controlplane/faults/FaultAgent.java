package dev.controlplane.faults;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** What the JVM starts before the server, and what the server's changed code calls. */
public final class FaultAgent {
  /** A place in the server's code, and what happens there. */
  private record Trap(Hook hook, Fault fault) {}

  private static final Map<String, Trap> TRAPS = new ConcurrentHashMap<>();

  private FaultAgent() {}

  /**
   * Called by the JVM with the options of a {@link FaultPoint}, a {@link Mutant}, a {@link
   * Shortage} or a {@link Hold}; several are joined by "+".
   */
  public static void premain(String options, Instrumentation instrumentation) {
    for (String one : options.split("\\+", -1)) {
      Fault fault = fault(one.split(",", -1));
      fault.hooks().forEach(hook -> TRAPS.put(hook.toString(), new Trap(hook, fault)));
    }
    Set<Hook> hooks = TRAPS.values().stream().map(Trap::hook).collect(Collectors.toSet());
    instrumentation.addTransformer(
        new ClassFileTransformer() {
          @Override
          public byte[] transform(
              ClassLoader loader,
              String name,
              Class<?> redefined,
              ProtectionDomain domain,
              byte[] bytes) {
            return name != null && hooks.stream().anyMatch(hook -> hook.isIn(name))
                ? rewritten(loader, hooks, name, bytes)
                : null;
          }
        });
  }

  private static Fault fault(String[] words) {
    return switch (words[0]) {
      case "halt" -> FaultPoint.valueOf(words[1]).after(Integer.parseInt(words[2]));
      case "starve" -> Shortage.valueOf(words[1]).fault();
      case "mutate" -> Mutant.valueOf(words[1]).fault();
      case "hold" -> Hold.valueOf(words[1]).whileThereIs(Path.of(words[2]));
      default -> throw new IllegalArgumentException("agent options: " + String.join(",", words));
    };
  }

  private static byte[] rewritten(ClassLoader loader, Set<Hook> hooks, String name, byte[] bytes) {
    try {
      return new HookedClass(loader, hooks).rewritten(name, bytes);
    } catch (RuntimeException | Error e) {
      // The JVM would go on without a word, and the test would prove nothing.
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
      throw e;
    }
  }

  /** Called at the beginning of a hooked method; whether its body is left out. */
  public static boolean entered(String hook, Object self, Object[] arguments) {
    try {
      Trap trap = TRAPS.get(hook);
      return trap.fault().entered(trap.hook(), self, arguments);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Called where a hooked method returns; what it returns instead. */
  public static Object left(String hook, Object self, Object[] arguments, Object value) {
    try {
      Trap trap = TRAPS.get(hook);
      return trap.fault().left(trap.hook(), self, arguments, value);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
