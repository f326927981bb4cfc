package dev.warmpath.e2e.provider;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PromptCacheTest {
  private static final int MINIMUM = 1024;
  private static final long MINUTE = 60_000_000_000L;

  private final PromptCache cache = new PromptCache();

  @Test
  void read_elevenTurns_matchTheWorkedNumbers() {
    MessageUsage sum = MessageUsage.ZERO;
    for (int turn = 0; turn < 11; turn++) {
      sum = sum.plus(exchange(turn * MINUTE, block(1, 5_000, 300), block(100 + turn, 5_200, 0)));
    }
    assertThat(sum).isEqualTo(new MessageUsage(50_000, 5_000, 0, 2_200, 0));
    assertThat(requireNonNull(ModelRow.of("claude-sonnet-5-5")).price(sum).orElseThrow())
        .isEqualTo(0.0219);
    assertThat(
            requireNonNull(ModelRow.of("claude-sonnet-5-5"))
                .price(new MessageUsage(0, 0, 0, 57_200, 0))
                .orElseThrow())
        .isEqualTo(0.1144);
  }

  @Test
  void read_belowTheMinimum_isSilentlyNotCached() {
    for (int i = 0; i < 2; i++) {
      assertThat(exchange(0, block(1, MINIMUM - 1, 300)))
          .isEqualTo(new MessageUsage(0, 0, 0, MINIMUM - 1, 0));
    }
    assertThat(exchange(0, block(2, MINIMUM, 300)).written5m()).isEqualTo(MINIMUM);
    assertThat(exchange(0, block(2, MINIMUM, 300)).read()).isEqualTo(MINIMUM);
  }

  @Test
  void read_beforeTheWriterBegan_writesAgain() {
    var first = cache.read(List.of(block(1, 5_000, 300)), MINIMUM, 0);
    var second = cache.read(List.of(block(1, 5_000, 300)), MINIMUM, 1);
    assertThat(second.usage().written5m()).isEqualTo(5_000);
    cache.begun(first, 2);
    assertThat(cache.read(List.of(block(1, 5_000, 300)), MINIMUM, 3).usage().read())
        .isEqualTo(5_000);
  }

  @Test
  void read_hitWithinFiveMinutes_renewsTheEntryFromTheRequestsStart() {
    exchange(0, block(1, 5_000, 300));
    assertThat(exchange(4 * MINUTE, block(1, 5_000, 300)).read()).isEqualTo(5_000);
    assertThat(exchange(9 * MINUTE - 1, block(1, 5_000, 300)).read()).isEqualTo(5_000);
    assertThat(exchange(14 * MINUTE - 1, block(1, 5_000, 300)).read()).isZero();
  }

  @Test
  void read_lateWriter_lifetimeStillCountsFromTheStart() {
    var plan = cache.read(List.of(block(1, 5_000, 300)), MINIMUM, 0);
    cache.begun(plan, 2 * MINUTE);
    assertThat(exchange(5 * MINUTE, block(1, 5_000, 300)).read()).isZero();
  }

  @Test
  void read_oneHourMarker_livesAnHour() {
    assertThat(exchange(0, block(1, 5_000, 3600)).written1h()).isEqualTo(5_000);
    assertThat(exchange(59 * MINUTE, block(1, 5_000, 3600)).read()).isEqualTo(5_000);
    assertThat(exchange(119 * MINUTE, block(1, 5_000, 3600)).read()).isZero();
  }

  @Test
  void read_twoLifetimes_eachPartIsWrittenForItsOwn() {
    MessageUsage usage =
        exchange(0, block(1, 2_000, 3600), block(2, 5_000, 300), block(3, 5_500, 0));
    assertThat(usage).isEqualTo(new MessageUsage(0, 3_000, 2_000, 500, 0));
  }

  @Test
  void read_entryNineteenBlocksBack_isFoundAndTwentyIsNot() {
    exchange(0, chain(1, 2_000));
    assertThat(exchange(0, chain(20, 2_000)).read()).isEqualTo(2_000);
    exchange(0, chain(1, 3_000));
    assertThat(exchange(0, chain(21, 3_000)).read()).isZero();
  }

  @Test
  void read_unmarked_readsAndWritesNothing() {
    exchange(0, block(1, 5_000, 300));
    assertThat(exchange(0, block(1, 5_000, 0))).isEqualTo(new MessageUsage(0, 0, 0, 5_000, 0));
  }

  @Test
  void read_conversationGrows_readsTheLongestAndWritesTheRest() {
    exchange(0, block(1, 2_000, 300), block(2, 3_000, 300));
    assertThat(exchange(0, block(1, 2_000, 300), block(2, 3_000, 0), block(3, 4_000, 300)))
        .isEqualTo(new MessageUsage(3_000, 1_000, 0, 0, 0));
  }

  /** Blocks 1 to n with the first one ending at {@code firstEnd}, the last one marked. */
  private static PromptBlock[] chain(int n, int firstEnd) {
    var blocks = new ArrayList<PromptBlock>();
    for (int i = 1; i <= n; i++) {
      blocks.add(block(firstEnd * 1_000L + i, firstEnd + (i - 1) * 10, i == n ? 300 : 0));
    }
    return blocks.toArray(PromptBlock[]::new);
  }

  private MessageUsage exchange(long nowNanos, PromptBlock... blocks) {
    var plan = cache.read(List.of(blocks), MINIMUM, nowNanos);
    cache.begun(plan, nowNanos);
    return plan.usage();
  }

  private static PromptBlock block(long name, long endTokens, int ttlSeconds) {
    return new PromptBlock("b" + name, new CachedPrefix(name, 0), endTokens, ttlSeconds);
  }
}
