package dev.warmpath.extproc.prompt;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Marks as {@link StopMarks} does, on the incubating Vector API: comparisons give bits at once.
 * Loaded only where {@link Vectors} are in use.
 */
final class VectorStopMarks {

  private static final VectorSpecies<Byte> SPECIES =
      ByteVector.SPECIES_PREFERRED.length() <= Long.SIZE
          ? ByteVector.SPECIES_PREFERRED
          : ByteVector.SPECIES_512;

  private VectorStopMarks() {}

  /** See {@link StopMarks#mark}; {@code scratch} isn't used. */
  @SuppressWarnings("UnusedVariable") // the same parameters as the other's
  static void mark(
      byte[] in, int at, int blocks, boolean beyondAscii, long[] bits, long[] scratch) {
    long carry = in[at - 1] == '\\' ? 1 : 0;
    for (int i = 0; i < blocks; i++) {
      long backslashes = 0;
      long quotes = 0;
      long letters = 0;
      long others = 0;
      for (int j = 0; j < Long.SIZE; j += SPECIES.length()) {
        ByteVector bytes = ByteVector.fromArray(SPECIES, in, at + i * Long.SIZE + j);
        backslashes |= bytes.eq((byte) '\\').toLong() << j;
        quotes |= bytes.eq((byte) '"').toLong() << j;
        letters |= (bytes.eq((byte) 'n').toLong() | bytes.eq((byte) 't').toLong()) << j;
        // What is beyond ASCII is negative.
        others |=
            (beyondAscii
                        ? bytes.compare(VectorOperators.LT, (byte) ' ')
                        : bytes.compare(VectorOperators.ULT, (byte) ' '))
                    .toLong()
                << j;
      }
      long escaped = backslashes << 1 | carry;
      carry = backslashes >>> (Long.SIZE - 1);
      bits[i] = others | ((quotes ^ escaped) & ~(escaped & letters));
    }
  }
}
