package dev.warmpath.e2e.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrefillQueueTest {
  private static final int NANOS_PER_TOKEN = 10;

  private final PrefillQueue queue = new PrefillQueue(new BlockCache(100), 4);

  @Test
  void begin_coldThenWarm_takesUncachedTokensOneAfterTheOther() {
    PrefillQueue.Job first = add(0, 1, 2, 3);
    PrefillQueue.Job second = add(5, 1, 2, 9);
    assertThat(queue.begin(NANOS_PER_TOKEN)).isSameAs(first);
    assertThat(first.dueNanos()).isEqualTo(130);
    assertThat(queue.begin(NANOS_PER_TOKEN)).isNull();
    assertThat(queue.waiting()).isEqualTo(1);

    queue.finish(first);
    assertThat(queue.begin(NANOS_PER_TOKEN)).isSameAs(second);
    assertThat(second.cachedTokens()).isEqualTo(8);
    assertThat(second.dueNanos()).isEqualTo(130 + 50);
  }

  @Test
  void begin_idleBefore_startsAtArrival() {
    PrefillQueue.Job first = add(0, 1);
    queue.begin(NANOS_PER_TOKEN);
    queue.finish(first);
    PrefillQueue.Job second = add(1_000, 2);
    queue.begin(NANOS_PER_TOKEN);
    assertThat(second.dueNanos()).isEqualTo(1_050);
  }

  @Test
  void begin_wholePromptCached_stillComputesItsLastBlock() {
    var job = new PrefillQueue.Job(new long[] {1, 2}, 8, 0, () -> {});
    queue.add(job);
    queue.begin(NANOS_PER_TOKEN);
    queue.finish(job);
    var again = new PrefillQueue.Job(new long[] {1, 2}, 8, 0, () -> {});
    queue.add(again);
    queue.begin(NANOS_PER_TOKEN);
    assertThat(again.cachedTokens()).isEqualTo(4);
  }

  @Test
  void standstill_workInBetween_isNotMadeUpFor() {
    PrefillQueue.Job first = add(0, 1);
    PrefillQueue.Job second = add(0, 2);
    queue.begin(NANOS_PER_TOKEN);
    queue.standstillUntil(10_000);
    queue.finish(first);
    queue.begin(NANOS_PER_TOKEN);
    assertThat(second.dueNanos()).isEqualTo(10_050);
  }

  @Test
  void cancel_waiting_isForgotten() {
    PrefillQueue.Job first = add(0, 1);
    PrefillQueue.Job second = add(0, 2);
    queue.begin(NANOS_PER_TOKEN);
    assertThat(queue.cancel(second)).isTrue();
    assertThat(queue.cancel(first)).isFalse();
    queue.finish(first);
    assertThat(queue.begin(NANOS_PER_TOKEN)).isNull();
  }

  /** A prompt of these blocks and one token more. */
  private PrefillQueue.Job add(long arrivedNanos, long... chain) {
    var job = new PrefillQueue.Job(chain, chain.length * 4 + 1, arrivedNanos, () -> {});
    queue.add(job);
    return job;
  }
}
