package dev.warmpath.e2e.envoy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free TCP ports of 127.0.0.1 for processes that must be told theirs before they start.
 * Thread-safe.
 *
 * <p>Asking the kernel for port 0 and closing the socket would give a port of the ephemeral range,
 * where any outgoing connection may take it before its owner binds it, or while its owner is being
 * restarted. These come from below that range, were bound for a moment as a check, and are handed
 * out once per JVM. Between JVMs only the random draw keeps them apart: bind soon.
 */
public final class Ports {
  private static final int LOWEST = 10_240;
  private static final int ATTEMPTS = 1_000;
  private static final Path EPHEMERAL_RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
  private static final int LIMIT = firstEphemeral();
  private static final Set<Integer> HANDED_OUT = new HashSet<>();

  private Ports() {}

  /** A port that nothing listens on and that this JVM has not handed out before. */
  public static synchronized int free() {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      int port = ThreadLocalRandom.current().nextInt(LOWEST, LIMIT);
      if (!HANDED_OUT.contains(port) && isFree(port)) {
        HANDED_OUT.add(port);
        return port;
      }
    }
    throw new IllegalStateException(
        "no free port found in %d tries (expected: one in [%d, %d))"
            .formatted(ATTEMPTS, LOWEST, LIMIT));
  }

  /** Whether a listener could be opened on {@code port} now. */
  static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      // With address reuse, as servers bind: connections in TIME_WAIT don't count.
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private static int firstEphemeral() {
    if (!Files.isReadable(EPHEMERAL_RANGE)) {
      return 32_768; // The default on Linux; on macOS the range starts above it.
    }
    // In one read: the kernel ends this file after the first, however short.
    try (BufferedReader reader = Files.newBufferedReader(EPHEMERAL_RANGE)) {
      String range = Objects.requireNonNullElse(reader.readLine(), "32768");
      int first = Integer.parseInt(range.trim().split("\\s+", -1)[0]);
      // A machine whose ephemeral range begins this low leaves us no better place than inside it.
      return first >= LOWEST + 4_096 ? first : 65_535;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
