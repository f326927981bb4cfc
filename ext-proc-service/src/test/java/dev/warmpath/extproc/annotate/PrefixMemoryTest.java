package dev.warmpath.extproc.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PrefixMemoryTest {

  private static final long SECOND = 1_000_000_000L;
  private static final long MINUTES = 300 * SECOND;

  /** A clock's zero may lie anywhere: ten seconds from here it overflows. */
  private static final long START = Long.parseLong("9223372026854775807");

  private final PrefixMemory memory = new PrefixMemory(64);

  /** Keys are hashes. */
  private static long key(long number) {
    return (number + 1) * 0x9E3779B97F4A7C15L;
  }

  private int seen(long key, long nowNanos) {
    memory.advance(nowNanos);
    return memory.seen("route", "scope", Boundary.SYSTEM, key, nowNanos);
  }

  @Test
  void seen_againAfterItsAnswer_isAReturnOfTheFirstSighting() {
    int slot = seen(7, START);
    Reuse first = memory.reuse(slot);
    memory.answered(slot);
    memory.written(slot);

    assertThat(seen(7, START + 20 * SECOND)).isEqualTo(slot);

    assertThat(first.within(15 * SECOND)).isZero();
    assertThat(first.within(60 * SECOND)).isGreaterThan(0.3);
    assertThat(memory.reuse(slot)).isNotSameAs(first);
  }

  @Test
  void seen_againBeforeItsAnswer_isTheSameSighting() {
    int slot = seen(7, START);
    Reuse first = memory.reuse(slot);

    seen(7, START + SECOND / 10);
    seen(7, START + 2 * SECOND);

    assertThat(first.within(60 * SECOND)).isZero();
    assertThat(memory.reuse(slot)).isSameAs(first);
  }

  @Test
  void advance_prefixesThatAreAwaited_growOlder() {
    Reuse reuse = memory.reuse(seen(0, START));
    for (int key = 1; key < 40; key++) {
      seen(key, START);
    }
    double before = reuse.hopedWithin(MINUTES);

    memory.advance(START + 100 * SECOND);

    assertThat(reuse.hopedWithin(MINUTES)).isLessThan(before / 2);
  }

  @Test
  void advance_afterAPause_looksAtNoMoreThanTheBoundAtOnce() {
    PrefixMemory large = new PrefixMemory(8192);
    for (int i = 0; i < 4000; i++) {
      large.advance(START);
      large.seen("route", "scope", Boundary.SYSTEM, key(i), START);
    }
    Reuse reuse = large.reuse(large.find(key(3999)));
    double before = reuse.hopedWithin(MINUTES);

    large.advance(START + 100 * SECOND);
    double afterOne = reuse.hopedWithin(MINUTES);
    for (int i = 0; i < 20; i++) {
      large.advance(START + (101 + i) * SECOND);
    }

    assertThat(PrefixMemory.MAX_AGED).isLessThan(large.size());
    assertThat(afterOne).isLessThan(before);
    // Most were left for later.
    assertThat(reuse.hopedWithin(MINUTES)).isLessThan(afterOne);
  }

  @Test
  void seen_moreThanItHolds_theOldestGivesWay() {
    for (int i = 0; i < 1000; i++) {
      seen(key(i), START + i);
    }

    assertThat(memory.size()).isBetween(1, memory.maxPrefixes());
    assertThat(memory.maxPrefixes()).isEqualTo(64);
    assertThat(memory.find(key(999))).isNotNegative();
    assertThat(memory.find(key(0))).isEqualTo(PrefixMemory.ABSENT);
  }

  @Test
  void reuse_ofMoreScopesThanAreToldApart_isTheRoutes() {
    for (int i = 0; i < 5000; i++) {
      int slot = memory.seen("route", "scope" + i, Boundary.SYSTEM, i, START);
      memory.answered(slot);
      memory.written(slot);
    }
    int one = memory.seen("route", "other", Boundary.SYSTEM, -1, START);
    int another = memory.seen("route", "third", Boundary.SYSTEM, -2, START);

    assertThat(memory.reuse(one)).isSameAs(memory.reuse(another));
    assertThat(memory.reuse(one).hopedWithin(SECOND)).isCloseTo(0, within(0.01));
  }

  @Test
  void marked_untilItsAnswer_isBeingWrittenAndThenReadForItsLifetime() {
    int slot = seen(7, START);
    memory.marked(slot, MINUTES, START);
    assertThat(memory.isWritten(slot, START + SECOND)).isTrue();
    assertThat(memory.isReadable(slot, START + SECOND)).isFalse();

    memory.answered(slot);
    memory.written(slot);

    assertThat(memory.isWritten(slot, START + SECOND)).isFalse();
    assertThat(memory.isReadable(slot, START + MINUTES - 1)).isTrue();
    assertThat(memory.isReadable(slot, START + MINUTES)).isFalse();
  }

  @Test
  void marked_again_isRefreshedForTheLifetimeItWasWrittenFor() {
    int slot = seen(7, START);
    memory.marked(slot, MINUTES, START);
    memory.answered(slot);
    memory.written(slot);

    memory.marked(slot, 12 * MINUTES, START + 200 * SECOND);

    assertThat(memory.isReadable(slot, START + 200 * SECOND + MINUTES - 1)).isTrue();
    assertThat(memory.isReadable(slot, START + 200 * SECOND + MINUTES)).isFalse();
  }

  @Test
  void marked_noAnswerCame_isNotWrittenForEver() {
    int slot = seen(7, START);
    memory.marked(slot, MINUTES, START);

    assertThat(memory.isWritten(slot, START + 61 * SECOND)).isFalse();
  }

  @Test
  void failed_whileWritten_isNotHeldAndWhatIsReadableStays() {
    int written = seen(7, START);
    memory.marked(written, MINUTES, START);
    int readable = seen(8, START);
    memory.marked(readable, MINUTES, START);
    memory.answered(readable);
    memory.written(readable);

    memory.failed(written);
    memory.failed(readable);

    assertThat(memory.isWritten(written, START)).isFalse();
    assertThat(memory.isReadable(readable, START)).isTrue();
    memory.lost(readable);
    assertThat(memory.isReadable(readable, START)).isFalse();
  }

  @Test
  void constructor_tooFewOrTooMany_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new PrefixMemory(7));
    assertThatIllegalArgumentException().isThrownBy(() -> new PrefixMemory((1 << 24) + 1));
  }
}
