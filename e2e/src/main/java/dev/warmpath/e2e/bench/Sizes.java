package dev.warmpath.e2e.bench;

import java.util.List;

/** Sizes of bodies as the command line has them: KiB, or {@code mix}. */
final class Sizes {
  static final String MIX = "mix";
  static final List<String> DEFAULT = List.of("4", "16", "64", "400", "1000", MIX);

  private static final int MAX_KIB = 4000; // Envoy buffers 4 MiB.

  private Sizes() {}

  /**
   * Bytes of a size that is not the mix.
   *
   * @throws IllegalArgumentException when it is no number of KiB
   */
  static int bytes(String size) {
    if (!size.matches("\\d{1,4}") || Integer.parseInt(size) < 1 || bytesOf(size) > MAX_KIB << 10) {
      throw new IllegalArgumentException(
          "--sizes: %s (expected: KiB from 1 to %d, or %s)".formatted(size, MAX_KIB, MIX));
    }
    return bytesOf(size);
  }

  /**
   * At which rate they are sent: so that Envoy and processor together keep two cores busy for a
   * quarter of the time at most, by the CPU per request that docs/performance.md has.
   */
  static int requestsPerSecond(String size) {
    if (size.equals(MIX)) {
      return 80;
    }
    int bytes = bytes(size);
    return bytes <= 16 << 10 ? 150 : bytes <= 64 << 10 ? 100 : bytes <= 400 << 10 ? 50 : 25;
  }

  static String title(String size) {
    return size.equals(MIX) ? MIX : size + " KiB";
  }

  private static int bytesOf(String size) {
    return Integer.parseInt(size) << 10;
  }
}
