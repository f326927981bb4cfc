package dev.warmpath.extproc.prefix;

import static org.assertj.core.api.Assertions.assertThat;

import com.dynatrace.hash4j.hashing.Hashing;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class StateHashTest {

  @Property
  void hash_anyLongs_isThatOfTheLibrary(
      @ForAll long seed, @ForAll long a, @ForAll long b, @ForAll long c) {
    assertThat(new StateHash(seed).hash(a, b, c))
        .isEqualTo(Hashing.xxh3_64(seed).hashLongLongLongToLong(a, b, c));
  }
}
