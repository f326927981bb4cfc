package dev.warmpath.extproc.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.warmpath.extproc.annotate.PrefixMemory.Where;
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
    return memory.seen("route", "scope", Boundary.SYSTEM, key, Where.HERE, nowNanos);
  }

  @Test
  void seen_againAfterItsAnswer_isAReturnOfTheFirstSighting() {
    int slot = seen(7, START);
    Reuse first = memory.reuse(slot);
    memory.answered(slot, START);
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
      large.seen("route", "scope", Boundary.SYSTEM, key(i), Where.HERE, START);
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
      int slot = memory.seen("route", "scope" + i, Boundary.SYSTEM, i, Where.HERE, START);
      memory.answered(slot, START);
      memory.written(slot);
    }
    int one = memory.seen("route", "other", Boundary.SYSTEM, -1, Where.HERE, START);
    int another = memory.seen("route", "third", Boundary.SYSTEM, -2, Where.HERE, START);

    assertThat(memory.reuse(one)).isSameAs(memory.reuse(another));
    assertThat(memory.reuse(one).hopedWithin(SECOND)).isCloseTo(0, within(0.01));
  }

  @Test
  void marked_untilItsAnswer_isBeingWrittenAndThenReadForItsLifetime() {
    int slot = seen(7, START);
    memory.marked(slot, MINUTES, Where.HERE, START);
    assertThat(memory.isWritten(slot, START + SECOND)).isTrue();
    assertThat(memory.isReadable(slot, START + SECOND)).isFalse();

    memory.answered(slot, START);
    memory.written(slot);

    assertThat(memory.isWritten(slot, START + SECOND)).isFalse();
    assertThat(memory.isReadable(slot, START + MINUTES - 1)).isTrue();
    assertThat(memory.isReadable(slot, START + MINUTES)).isFalse();
  }

  @Test
  void marked_again_isRefreshedForTheLifetimeItWasWrittenFor() {
    int slot = seen(7, START);
    memory.marked(slot, MINUTES, Where.HERE, START);
    memory.answered(slot, START);
    memory.written(slot);

    memory.marked(slot, 12 * MINUTES, Where.HERE, START + 200 * SECOND);

    assertThat(memory.isReadable(slot, START + 200 * SECOND + MINUTES - 1)).isTrue();
    assertThat(memory.isReadable(slot, START + 200 * SECOND + MINUTES)).isFalse();
  }

  @Test
  void marked_noAnswerCame_isNotWrittenForEver() {
    int slot = seen(7, START);
    memory.marked(slot, MINUTES, Where.HERE, START);

    assertThat(memory.isWritten(slot, START + 61 * SECOND)).isFalse();
  }

  @Test
  void failed_whileWritten_isNotHeldAndWhatIsReadableStays() {
    int written = seen(7, START);
    memory.marked(written, MINUTES, Where.HERE, START);
    int readable = seen(8, START);
    memory.marked(readable, MINUTES, Where.HERE, START);
    memory.answered(readable, START);
    memory.written(readable);

    memory.failed(written, START);
    memory.failed(readable, START);

    assertThat(memory.isWritten(written, START)).isFalse();
    assertThat(memory.isReadable(readable, START)).isTrue();
    memory.lost(readable, START);
    assertThat(memory.isReadable(readable, START)).isFalse();
  }

  private int toldOf(long key, long nanos) {
    return memory.seen("route", "scope", Boundary.SYSTEM, key, Where.ELSEWHERE, nanos);
  }

  /** What the fleet stream tells comes after what happened here meanwhile. */
  @Test
  void seen_elsewhereBeforeTheLastSightingHere_cameWithIt() {
    int slot = seen(7, START);
    Reuse first = memory.reuse(slot);
    memory.answered(slot, START + SECOND);
    seen(7, START + 100 * SECOND);
    memory.answered(slot, START + 101 * SECOND);
    Reuse second = memory.reuse(slot);
    double before = first.within(MINUTES);

    toldOf(7, START + 100 * SECOND - SECOND / 5);

    assertThat(memory.reuse(slot)).isSameAs(second);
    assertThat(second.within(MINUTES)).isZero();
    assertThat(first.within(MINUTES)).as("two read with it").isGreaterThan(before);
  }

  @Test
  void seen_elsewhereBetweenSightingAndAnswerHere_isNoReturn() {
    int slot = seen(7, START);
    Reuse first = memory.reuse(slot);
    memory.answered(slot, START + SECOND);

    toldOf(7, START + SECOND / 2);

    assertThat(first.within(MINUTES)).isZero();
    assertThat(memory.reuse(slot)).isSameAs(first);
  }

  @Test
  void seen_elsewhereAndNobodyTellsOfItsAnswer_isAnsweredAfterSomeSeconds() {
    int slot = toldOf(7, START);
    Reuse first = memory.reuse(slot);

    seen(7, START + PrefixMemory.PRESUMED_ANSWER_NANOS - 1);
    assertThat(memory.reuse(slot)).isSameAs(first);
    seen(7, START + PrefixMemory.PRESUMED_ANSWER_NANOS);

    assertThat(memory.reuse(slot)).isNotSameAs(first);
    assertThat(first.within(MINUTES)).isPositive();
  }

  @Test
  void marked_elsewhereAndNobodyTellsOfItsAnswer_isReadAfterSomeSeconds() {
    int slot = toldOf(7, START);
    memory.marked(slot, MINUTES, Where.ELSEWHERE, START);

    long soon = START + PrefixMemory.PRESUMED_ANSWER_NANOS - 1;
    assertThat(memory.isWritten(slot, soon)).isTrue();
    assertThat(memory.isReadable(slot, soon + 1)).isTrue();
    assertThat(memory.isReadable(slot, START + MINUTES)).isFalse();
  }

  @Test
  void lost_toldOfATimeBeforeItWasWrittenAgain_countsForNothing() {
    int slot = seen(7, START);
    memory.marked(slot, MINUTES, Where.HERE, START);
    memory.written(slot);

    memory.lost(slot, START - 1);
    assertThat(memory.isReadable(slot, START)).isTrue();
    memory.lost(slot, START);
    assertThat(memory.isReadable(slot, START)).isFalse();
  }

  @Test
  void reuse_ofMoreRoutesThanAreToldApart_isOneForAll() {
    for (int i = 0; i < 5000; i++) {
      memory.seen("route" + i, "scope", Boundary.SYSTEM, i, Where.ELSEWHERE, START);
    }
    int one = memory.seen("new", "scope", Boundary.SYSTEM, -1, Where.HERE, START);
    int another = memory.seen("newer", "scope", Boundary.SYSTEM, -2, Where.HERE, START);

    assertThat(memory.reuse(one)).isSameAs(memory.reuse(another));
  }

  @Test
  void constructor_tooFewOrTooMany_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new PrefixMemory(7));
    assertThatIllegalArgumentException().isThrownBy(() -> new PrefixMemory((1 << 24) + 1));
  }
}
