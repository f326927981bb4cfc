package dev.warmpath.extproc.prefix;

/**
 * The 64-bit XXH3 of three longs, seeded: of 24 bytes in little-endian order, by "XXH3 algorithm
 * overview" in xxHash's specification. Immutable.
 */
final class StateHash {

  /** The length times the first prime. */
  private static final long START = 0xD53368A48E1AFCA8L;

  private static final long AVALANCHE = 0x165667919E3779F9L;

  // The first four longs of XXH3's secret, seeded.
  private final long key0;
  private final long key1;
  private final long key2;
  private final long key3;

  StateHash(long seed) {
    key0 = 0xBE4BA423396CFEB8L + seed;
    key1 = 0x1CAD21F72C81017CL - seed;
    key2 = 0xDB979083E96DD4DEL + seed;
    key3 = 0x1F67B3B7A4A44072L - seed;
  }

  long hash(long a, long b, long c) {
    long hash = START + folded(a ^ key0, b ^ key1) + folded(b ^ key2, c ^ key3);
    hash = (hash ^ hash >>> 37) * AVALANCHE;
    return hash ^ hash >>> 32;
  }

  private static long folded(long a, long b) {
    return a * b ^ Math.unsignedMultiplyHigh(a, b);
  }
}
