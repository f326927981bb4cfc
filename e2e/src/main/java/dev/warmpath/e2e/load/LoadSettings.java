package dev.warmpath.e2e.load;

import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * How a load generator works.
 *
 * @param target what it asks
 * @param maxConnections beyond which requests wait, and their clocks run
 * @param timeout of one request, from its sending
 * @param digests whether to compute the digests of responses
 */
public record LoadSettings(
    InetSocketAddress target, int maxConnections, Duration timeout, boolean digests) {
  public LoadSettings {
    if (maxConnections < 1) {
      throw new IllegalArgumentException(maxConnections + " (expected: maxConnections >= 1)");
    }
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException(timeout + " (expected: timeout > 0)");
    }
  }

  /**
   * 1,024 connections, five minutes, no digests.
   *
   * @param address {@code ip:port}
   */
  public static LoadSettings to(String address) {
    int colon = address.lastIndexOf(':');
    return new LoadSettings(
        new InetSocketAddress(
            address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
        1_024,
        Duration.ofMinutes(5),
        false);
  }

  public LoadSettings withMaxConnections(int value) {
    return new LoadSettings(target, value, timeout, digests);
  }

  public LoadSettings withTimeout(Duration value) {
    return new LoadSettings(target, maxConnections, value, digests);
  }

  public LoadSettings withDigests() {
    return new LoadSettings(target, maxConnections, timeout, true);
  }
}
