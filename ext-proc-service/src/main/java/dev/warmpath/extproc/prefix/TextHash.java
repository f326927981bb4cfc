package dev.warmpath.extproc.prefix;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmpath.extproc.prompt.Vectors;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The 128-bit XXH3 of a text, seeded. The values are those of hash4j, which does the short texts;
 * the long ones, of more than 240 bytes, are done here: without allocation, and so that C2 makes
 * vector instructions of it. XXH3 keeps eight sums over stripes of 64 bytes; within a block of 16
 * stripes no product depends on another, so that all 128 are worked out in one loop over longs and
 * then added up; or by {@link VectorSums} where {@link Vectors} are in use. Constants and steps are
 * those of "XXH3 algorithm overview" in xxHash's specification.
 *
 * <p>Not thread-safe: one owner.
 */
final class TextHash {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, LITTLE_ENDIAN).withInvokeExactBehavior();

  static final long PRIME32_1 = 0x9E3779B1L;
  private static final long PRIME32_2 = 0x85EBCA77L;
  private static final long PRIME32_3 = 0xC2B2AE3DL;
  private static final long PRIME64_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME64_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME64_3 = 0x165667B19E3779F9L;
  private static final long PRIME64_4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME64_5 = 0x27D4EB2F165667C5L;
  private static final long AVALANCHE = 0x165667919E3779F9L;

  private static final int SHORT = 240;
  static final int LANES = 8;
  static final int STRIPE = LANES * Long.BYTES;
  static final int STRIPES = 16;
  static final int BLOCK = STRIPES * STRIPE;
  private static final int COLUMNS = STRIPES * LANES / 4;

  /** What the sums begin with. */
  static final long[] START = {
    PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1
  };

  /** Where in the secret the keys lie: of the last stripe, of the two results, of scrambling. */
  private static final int LAST_STRIPE_KEY = 121;

  private static final int LOW_KEY = 11;
  private static final int HIGH_KEY = 117;
  private static final int SCRAMBLE_KEY = 128;

  private static final byte[] SECRET =
      HexFormat.of()
          .parseHex(
              "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
                  + "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
                  + "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
                  + "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
                  + "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
                  + "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e");

  /** {@link VectorSums#add}, apart so that it is loaded only when it is used. */
  private static final class OnVectors {
    static final MethodHandle SUMS = sumsHandle();

    private static MethodHandle sumsHandle() {
      MethodType type =
          MethodType.methodType(
              void.class,
              byte[].class,
              int.class,
              int.class,
              long[].class,
              long[].class,
              long[].class,
              long[].class);
      try {
        return MethodHandles.lookup().findStatic(VectorSums.class, "add", type);
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }
  }

  private final Hasher128 shortHash;

  /** No constant to C2, so that it isn't inlined; see the same in the scanner's window. */
  private @Nullable MethodHandle vectorSums;

  private final byte[] secret;

  /** Of each of a block's longs. */
  private final long[] keys = new long[STRIPES * LANES];

  private final long[] lastKeys = new long[LANES];
  private final long[] scrambleKeys = new long[LANES];
  private final long[] lowKeys = new long[LANES];
  private final long[] highKeys = new long[LANES];

  /** The same of a text's last block where that is whole: its last stripe is the text's. */
  private final long[] lastBlockKeys = new long[STRIPES * LANES];

  private final long[] products = new long[STRIPES * LANES];

  /** Of a block, added up over the stripes that are {@link #COLUMNS} longs apart. */
  private final long[] productSums = new long[COLUMNS];

  private final long[] wordSums = new long[COLUMNS];
  private final long[] sums = new long[LANES];

  long high;
  long low;

  TextHash(long seed) {
    shortHash = Hashing.xxh3_128(seed);
    secret = SECRET.clone();
    for (int i = 0; i < secret.length; i += 2 * Long.BYTES) {
      LONG.set(secret, i, (long) LONG.get(SECRET, i) + seed);
      LONG.set(secret, i + Long.BYTES, (long) LONG.get(SECRET, i + Long.BYTES) - seed);
    }
    for (int i = 0; i < keys.length; i++) {
      keys[i] = key(Long.BYTES * (i / LANES + i % LANES));
    }
    System.arraycopy(keys, 0, lastBlockKeys, 0, keys.length);
    for (int i = 0; i < LANES; i++) {
      lastBlockKeys[(STRIPES - 1) * LANES + i] = key(LAST_STRIPE_KEY + i * Long.BYTES);
      lastKeys[i] = key(LAST_STRIPE_KEY + i * Long.BYTES);
      scrambleKeys[i] = key(SCRAMBLE_KEY + i * Long.BYTES);
      lowKeys[i] = key(LOW_KEY + i * Long.BYTES);
      highKeys[i] = key(HIGH_KEY + i * Long.BYTES);
    }
  }

  private long key(int at) {
    return (long) LONG.get(secret, at);
  }

  /** Hashes a range; the result is in {@link #high} and {@link #low}. */
  void hash(byte[] text, int from, int length) {
    if (length <= SHORT) {
      HashValue128 value = shortHash.hashBytesTo128Bits(text, from, length);
      high = value.getMostSignificantBits();
      low = value.getLeastSignificantBits();
      return;
    }
    if (Vectors.areInUse()) {
      addOnVectors(text, from, length);
    } else {
      add(text, from, length);
    }
    low = merge(lowKeys, length * PRIME64_1);
    high = merge(highKeys, ~(length * PRIME64_2));
  }

  private void addOnVectors(byte[] text, int from, int length) {
    if (vectorSums == null) {
      vectorSums = OnVectors.SUMS;
    }
    try {
      vectorSums.invokeExact(text, from, length, keys, lastKeys, scrambleKeys, sums);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError("no checked exception is declared", e);
    }
  }

  private void add(byte[] text, int from, int length) {
    System.arraycopy(START, 0, sums, 0, LANES);
    int at = from;
    int end = from + length;
    for (; end - at > BLOCK; at += BLOCK) {
      block(text, at, keys);
      scramble();
    }
    if (end - at == BLOCK) {
      block(text, at, lastBlockKeys);
    } else {
      // The last stripe stands apart, and overlaps the one before.
      stripes(text, at, (end - 1 - at) / STRIPE, keys);
      stripes(text, end - STRIPE, 1, lastKeys);
    }
  }

  /** Adds a whole block to the sums. */
  private void block(byte[] text, int at, long[] keys) {
    multiply(text, at, STRIPES * LANES, keys, products);
    addWords(text, at, wordSums);
    addProducts(products, productSums);
    for (int i = 0; i < LANES; i++) {
      int neighbour = i ^ 1;
      sums[i] +=
          productSums[i]
              + productSums[i + LANES]
              + productSums[i + 2 * LANES]
              + productSums[i + 3 * LANES]
              + wordSums[neighbour]
              + wordSums[neighbour + LANES]
              + wordSums[neighbour + 2 * LANES]
              + wordSums[neighbour + 3 * LANES];
    }
  }

  private void stripes(byte[] text, int at, int stripes, long[] keys) {
    multiply(text, at, stripes * LANES, keys, products);
    add(text, at, stripes, products, sums);
  }

  private static void multiply(byte[] text, int at, int longs, long[] keys, long[] products) {
    for (int i = 0; i < longs; i++) {
      long keyed = (long) LONG.get(text, at + (i << 3)) ^ keys[i];
      products[i] = (keyed & 0xFFFFFFFFL) * (keyed >>> 32);
    }
  }

  /** Adds to each sum its products, and the words of its neighbour. */
  private static void add(byte[] text, int at, int stripes, long[] products, long[] sums) {
    long sum0 = sums[0];
    long sum1 = sums[1];
    long sum2 = sums[2];
    long sum3 = sums[3];
    long sum4 = sums[4];
    long sum5 = sums[5];
    long sum6 = sums[6];
    long sum7 = sums[7];
    for (int i = 0; i < stripes * LANES; i += LANES) {
      int from = at + (i << 3);
      sum0 += products[i] + (long) LONG.get(text, from + 8);
      sum1 += products[i + 1] + (long) LONG.get(text, from);
      sum2 += products[i + 2] + (long) LONG.get(text, from + 24);
      sum3 += products[i + 3] + (long) LONG.get(text, from + 16);
      sum4 += products[i + 4] + (long) LONG.get(text, from + 40);
      sum5 += products[i + 5] + (long) LONG.get(text, from + 32);
      sum6 += products[i + 6] + (long) LONG.get(text, from + 56);
      sum7 += products[i + 7] + (long) LONG.get(text, from + 48);
    }
    sums[0] = sum0;
    sums[1] = sum1;
    sums[2] = sum2;
    sums[3] = sum3;
    sums[4] = sum4;
    sums[5] = sum5;
    sums[6] = sum6;
    sums[7] = sum7;
  }

  private static void addWords(byte[] text, int at, long[] to) {
    for (int i = 0; i < COLUMNS; i++) {
      int from = at + (i << 3);
      to[i] =
          (long) LONG.get(text, from)
              + (long) LONG.get(text, from + COLUMNS * Long.BYTES)
              + (long) LONG.get(text, from + 2 * COLUMNS * Long.BYTES)
              + (long) LONG.get(text, from + 3 * COLUMNS * Long.BYTES);
    }
  }

  private static void addProducts(long[] products, long[] to) {
    for (int i = 0; i < COLUMNS; i++) {
      to[i] =
          products[i]
              + products[i + COLUMNS]
              + products[i + 2 * COLUMNS]
              + products[i + 3 * COLUMNS];
    }
  }

  private void scramble() {
    for (int i = 0; i < LANES; i++) {
      long sum = sums[i];
      sums[i] = (sum ^ sum >>> 47 ^ scrambleKeys[i]) * PRIME32_1;
    }
  }

  private long merge(long[] keys, long start) {
    long hash = start;
    for (int i = 0; i < LANES; i += 2) {
      long a = sums[i] ^ keys[i];
      long b = sums[i + 1] ^ keys[i + 1];
      hash += a * b ^ Math.unsignedMultiplyHigh(a, b);
    }
    hash = (hash ^ hash >>> 37) * AVALANCHE;
    return hash ^ hash >>> 32;
  }
}
