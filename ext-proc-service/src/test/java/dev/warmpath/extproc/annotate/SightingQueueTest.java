package dev.warmpath.extproc.annotate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class SightingQueueTest {

  private static Sighting of(long nanos, int prefixes) {
    return new Sighting.Failure(nanos, new long[prefixes]);
  }

  @Test
  void add_moreThanItHolds_theOldestGiveWayAndAreCounted() {
    SightingQueue queue = new SightingQueue(10);
    for (int i = 0; i < 5; i++) {
      queue.add(of(i, 4));
    }

    assertThat(queue.dropped()).isEqualTo(12);
    assertThat(queue.drain(100)).extracting(Sighting::nanos).containsExactly(3L, 4L);
    assertThat(queue.drain(100)).isEmpty();
  }

  @Test
  void drain_byBatches_isInOrderAndWithinTheBoundButForOneAlone() {
    SightingQueue queue = new SightingQueue(100);
    for (int prefixes : new int[] {2, 3, 5, 20, 1}) {
      queue.add(of(prefixes, prefixes));
    }

    assertThat(queue.drain(5)).extracting(Sighting::nanos).containsExactly(2L, 3L);
    assertThat(queue.drain(6)).extracting(Sighting::nanos).containsExactly(5L);
    assertThat(queue.drain(6)).extracting(Sighting::nanos).containsExactly(20L);
    assertThat(queue.drain(6)).extracting(Sighting::nanos).containsExactly(1L);
    assertThat(queue.dropped()).isZero();
  }

  @Test
  void add_namesNothing_isNotKept() {
    SightingQueue queue = new SightingQueue(10);
    queue.add(of(1, 0));

    assertThat(queue.isOpen()).isTrue();
    assertThat(queue.drain(10)).isEmpty();
  }

  @Test
  void constructor_belowZero_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new SightingQueue(-1));
    assertThat(new SightingQueue(0).isOpen()).isFalse();
  }
}
