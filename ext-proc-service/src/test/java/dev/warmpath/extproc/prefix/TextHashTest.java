package dev.warmpath.extproc.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmpath.extproc.prompt.Vectors;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextHashTest {

  @AfterEach
  void usePlainLoops() {
    Vectors.use(false);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void hash_eachLengthAndPlace_isThatOfTheLibrary(boolean vectors) {
    Vectors.use(vectors);
    Random random = new Random(3);
    byte[] text = new byte[5000];
    random.nextBytes(text);
    for (long seed : new long[] {0, 1, -1, random.nextLong()}) {
      TextHash hash = new TextHash(seed);
      for (int length = 0; length < 4800; length++) {
        int from = random.nextInt(200);
        hash.hash(text, from, length);
        assertThat(new HashValue128(hash.high, hash.low))
            .as("length %d", length)
            .isEqualTo(Hashing.xxh3_128(seed).hashBytesTo128Bits(text, from, length));
      }
    }
  }
}
