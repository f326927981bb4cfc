package dev.warmpath.e2e.envoy;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The processes that this JVM has started and not yet closed. When the JVM ends, by Ctrl-C or a
 * failed test too, they are killed, so that nothing is left running. Thread-safe.
 */
final class Children {
  private static final Set<Process> LIVE = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> LIVE.forEach(Process::destroyForcibly), "warmpath-children"));
  }

  private Children() {}

  static void add(Process process) {
    LIVE.add(process);
  }

  static void remove(Process process) {
    LIVE.remove(process);
  }
}
