package dev.controlplane.faults;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What the JVM starts before the server, and what the server's changed code calls. */
public final class FaultAgent {
  private static final Map<String, Hook> HOOKS = new ConcurrentHashMap<>();
  private static volatile Fault fault;

  private FaultAgent() {}

  /** Called by the JVM with the options of a {@link FaultPoint} or a {@link Mutant}. */
  public static void premain(String options, Instrumentation instrumentation) {
    String[] words = options.split(",", -1);
    fault =
        switch (words[0]) {
          case "halt" -> FaultPoint.valueOf(words[1]).after(Integer.parseInt(words[2]));
          case "starve" -> Shortage.valueOf(words[1]).fault();
          case "mutate" -> Mutant.valueOf(words[1]).fault();
          default -> throw new IllegalArgumentException("agent options: " + options);
        };
    fault.hooks().forEach(hook -> HOOKS.put(hook.toString(), hook));
    instrumentation.addTransformer(
        new ClassFileTransformer() {
          @Override
          public byte[] transform(
              ClassLoader loader,
              String name,
              Class<?> redefined,
              ProtectionDomain domain,
              byte[] bytes) {
            return name != null && HOOKS.values().stream().anyMatch(hook -> hook.isIn(name))
                ? rewritten(loader, name, bytes)
                : null;
          }
        });
  }

  private static byte[] rewritten(ClassLoader loader, String name, byte[] bytes) {
    try {
      return new HookedClass(loader, HOOKS.values()).rewritten(name, bytes);
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
      return fault.entered(HOOKS.get(hook), self, arguments);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Called where a hooked method returns; what it returns instead. */
  public static Object left(String hook, Object self, Object[] arguments, Object value) {
    try {
      return fault.left(HOOKS.get(hook), self, arguments, value);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
