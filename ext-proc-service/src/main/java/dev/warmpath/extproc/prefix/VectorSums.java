package dev.warmpath.extproc.prefix;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The eight sums of XXH3 over a long text, on the incubating Vector API: as many of them at once as
 * a register holds, from the text's first stripe to its last. Loaded only where {@link
 * dev.warmpath.extproc.prompt.Vectors} are in use.
 */
final class VectorSums {

  private static final VectorSpecies<Long> LONGS =
      LongVector.SPECIES_PREFERRED.length() <= TextHash.LANES
          ? LongVector.SPECIES_PREFERRED
          : LongVector.SPECIES_512;
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, LONGS.vectorShape());

  private static final VectorShuffle<Long> NEIGHBOURS = VectorShuffle.fromOp(LONGS, i -> i ^ 1);

  private VectorSums() {}

  /**
   * Adds up a range.
   *
   * @param length of the range, more than 240
   * @param keys of a block's longs
   * @param lastKeys of the last stripe's
   * @param sums what comes out
   */
  static void add(
      byte[] text,
      int from,
      int length,
      long[] keys,
      long[] lastKeys,
      long[] scrambleKeys,
      long[] sums) {
    int end = from + length;
    for (int lane = 0; lane < TextHash.LANES; lane += LONGS.length()) {
      LongVector sum = LongVector.fromArray(LONGS, TextHash.START, lane);
      LongVector scrambleKey = LongVector.fromArray(LONGS, scrambleKeys, lane);
      int at = from;
      for (; end - at > TextHash.BLOCK; at += TextHash.BLOCK) {
        sum = stripes(text, at, TextHash.STRIPES, keys, lane, sum);
        sum =
            sum.lanewise(VectorOperators.XOR, sum.lanewise(VectorOperators.LSHR, 47))
                .lanewise(VectorOperators.XOR, scrambleKey)
                .mul(TextHash.PRIME32_1);
      }
      sum = stripes(text, at, (end - 1 - at) / TextHash.STRIPE, keys, lane, sum);
      // The last stripe stands apart, and overlaps the one before.
      sum = stripes(text, end - TextHash.STRIPE, 1, lastKeys, lane, sum);
      sum.intoArray(sums, lane);
    }
  }

  private static LongVector stripes(
      byte[] text, int at, int stripes, long[] keys, int lane, LongVector start) {
    LongVector sum = start;
    LongVector words = LongVector.zero(LONGS);
    for (int i = 0; i < stripes; i++) {
      LongVector word =
          ByteVector.fromArray(BYTES, text, at + i * TextHash.STRIPE + lane * Long.BYTES)
              .reinterpretAsLongs();
      LongVector keyed =
          word.lanewise(
              VectorOperators.XOR, LongVector.fromArray(LONGS, keys, i * TextHash.LANES + lane));
      sum = sum.add(keyed.and(0xFFFFFFFFL).mul(keyed.lanewise(VectorOperators.LSHR, 32)));
      words = words.add(word);
    }
    // Each sum takes the words of its neighbour.
    return sum.add(words.rearrange(NEIGHBOURS));
  }
}
