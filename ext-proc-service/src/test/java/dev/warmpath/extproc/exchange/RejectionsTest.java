package dev.warmpath.extproc.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.exchange.Rejections.Rejection;
import dev.warmpath.extproc.prompt.Dialect;
import java.util.List;
import org.junit.jupiter.api.Test;

class RejectionsTest {
  private final Rejections rejections = new Rejections();

  private boolean allows(long nowNanos) {
    return rejections.allows(
        new Rejections.Field("anthropic", Dialect.ANTHROPIC_MESSAGES, "model", "cache_control"),
        nowNanos);
  }

  private void reject(long nowNanos) {
    rejections.rejected(
        new Rejections.Field("anthropic", Dialect.ANTHROPIC_MESSAGES, "model", "cache_control"),
        nowNanos);
  }

  @Test
  void rejected_once_pausesForTheFirstPause() {
    assertThat(allows(0)).isTrue();
    reject(0);

    assertThat(allows(Rejections.FIRST_PAUSE_NANOS - 1)).isFalse();
    assertThat(allows(Rejections.FIRST_PAUSE_NANOS)).isTrue();
    assertThat(
            rejections.allows(
                new Rejections.Field(
                    "anthropic", Dialect.ANTHROPIC_MESSAGES, "other", "cache_control"),
                0))
        .isTrue();
  }

  @Test
  void rejected_againAfterThePause_pausesTwiceAsLong() {
    reject(0);
    long second = Rejections.FIRST_PAUSE_NANOS;
    reject(second);

    assertThat(allows(second + 2 * Rejections.FIRST_PAUSE_NANOS - 1)).isFalse();
    assertThat(allows(second + 2 * Rejections.FIRST_PAUSE_NANOS)).isTrue();
  }

  @Test
  void rejected_againAfterALongTime_countsAsTheFirst() {
    reject(0);
    long later = Rejections.FIRST_PAUSE_NANOS + Rejections.FORGOTTEN_NANOS + 1;
    reject(later);

    assertThat(allows(later + Rejections.FIRST_PAUSE_NANOS)).isTrue();
  }

  @Test
  void rejected_roomUsedUpByForgottenOnes_isMade() {
    for (int i = 0; i < Rejections.MAX_ENTRIES; i++) {
      rejections.rejected(
          new Rejections.Field(
              "anthropic", Dialect.ANTHROPIC_MESSAGES, "model-" + i, "cache_control"),
          0);
    }
    long later = Rejections.FIRST_PAUSE_NANOS + Rejections.FORGOTTEN_NANOS + 1;
    rejections.rejected(
        new Rejections.Field("anthropic", Dialect.ANTHROPIC_MESSAGES, "fresh", "cache_control"),
        later);

    assertThat(allows(later)).isTrue();
    assertThat(
            rejections.allows(
                new Rejections.Field(
                    "anthropic", Dialect.ANTHROPIC_MESSAGES, "fresh", "cache_control"),
                later))
        .isFalse();
  }

  @Test
  void rejected_duringThePause_isTheSameRefusal() {
    reject(0);
    reject(1);

    assertThat(allows(Rejections.FIRST_PAUSE_NANOS)).isTrue();
    assertThat(rejections.drainUntold()).hasSize(1);
    assertThat(rejections.drainUntold()).isEmpty();
  }

  @Test
  void told_byAnotherReplica_pausesAndIsNotToldOn() {
    rejections.told(
        new Rejection(
            new Rejections.Field("anthropic", Dialect.ANTHROPIC_MESSAGES, "model", "cache_control"),
            500),
        100);

    assertThat(allows(599)).isFalse();
    assertThat(allows(600)).isTrue();
    assertThat(rejections.drainUntold()).isEmpty();
  }

  @Test
  void told_nonsense_isBounded() {
    rejections.told(
        new Rejection(
            new Rejections.Field("anthropic", Dialect.ANTHROPIC_MESSAGES, "model", "cache_control"),
            Long.MAX_VALUE),
        0);
    rejections.told(
        new Rejection(
            new Rejections.Field("anthropic", Dialect.ANTHROPIC_MESSAGES, "other", "cache_control"),
            -5),
        0);

    assertThat(allows(Rejections.LONGEST_PAUSE_NANOS)).isTrue();
    assertThat(
            rejections.allows(
                new Rejections.Field(
                    "anthropic", Dialect.ANTHROPIC_MESSAGES, "other", "cache_control"),
                0))
        .isTrue();
  }

  @Test
  void rejected_moreThanTheBound_unknownPairsAreNotAnnotated() {
    for (int i = 0; i < Rejections.MAX_ENTRIES + 5; i++) {
      rejections.rejected(
          new Rejections.Field(
              "anthropic", Dialect.ANTHROPIC_MESSAGES, "model-" + i, "cache_control"),
          0);
    }

    assertThat(allows(0)).isFalse();
    assertThat(rejections.drainUntold()).hasSize(Rejections.MAX_ENTRIES);
  }

  @Test
  void table_fullOfPausesThatAreOver_takesOthersAgain() {
    for (int i = 0; i < Rejections.MAX_ENTRIES; i++) {
      rejections.rejected(
          new Rejections.Field("p", Dialect.OPENAI_CHAT, "model-" + i, "session_id"), 0);
    }
    var other = new Rejections.Field("p", Dialect.OPENAI_CHAT, "fresh", "session_id");

    assertThat(rejections.allows(other, Rejections.FIRST_PAUSE_NANOS - 1)).isFalse();
    assertThat(rejections.allows(other, 3 * Rejections.FIRST_PAUSE_NANOS)).isTrue();
  }

  @Test
  void ours_whatAnErrorNames_isTheNarrowestThatWasAdded() {
    List<String> hour = List.of("cache_control", "cache_control.ttl");

    assertThat(Rejections.ours("cache_control.ttl", hour)).isEqualTo("cache_control.ttl");
    assertThat(Rejections.ours("ttl", hour)).isEqualTo("cache_control.ttl");
    assertThat(Rejections.ours("cache_control", hour)).isEqualTo("cache_control");
    assertThat(Rejections.ours("cache_control.ttl", List.of("cache_control")))
        .as("one is missed")
        .isEqualTo("cache_control");
    assertThat(Rejections.ours("cache_control", List.of("cache_control.ttl"))).isEmpty();
    assertThat(Rejections.ours("ttl", List.of("prompt_cache_key"))).isEmpty();
    assertThat(Rejections.ours("session_id", hour)).isEmpty();
    assertThat(Rejections.ours("", hour)).isEmpty();
  }

  /** The refusal of a lifetime is told on and doubles like any, and ends nothing but that. */
  @Test
  void rejected_memberOfAMember_pausesThatAloneAtAllReplicas() {
    var marker = new Rejections.Field("p", Dialect.ANTHROPIC_MESSAGES, "model", "cache_control");
    var ttl = new Rejections.Field("p", Dialect.ANTHROPIC_MESSAGES, "model", "cache_control.ttl");
    var other = new Rejections();

    rejections.rejected(ttl, 0);
    rejections.drainUntold().forEach(told -> other.told(told, 0));

    assertThat(other.allows(ttl, Rejections.FIRST_PAUSE_NANOS - 1)).isFalse();
    assertThat(other.allows(marker, 0)).isTrue();
    long over = Rejections.FIRST_PAUSE_NANOS;
    other.rejected(ttl, over);
    other.drainUntold().forEach(told -> rejections.told(told, over));
    assertThat(rejections.allows(ttl, over + 2 * Rejections.FIRST_PAUSE_NANOS - 1)).isFalse();
    assertThat(rejections.allows(ttl, over + 2 * Rejections.FIRST_PAUSE_NANOS)).isTrue();
    assertThat(rejections.allows(marker, over)).isTrue();
  }

  /** A replica that joins is told what is left of a pause, which says little of its length. */
  @Test
  void told_whatIsLeftOfAPause_shortensNothing() {
    var field = new Rejections.Field("p", Dialect.OPENAI_CHAT, "m", "session_id");
    rejections.rejected(field, 0);
    rejections.told(new Rejection(field, 5), 10);
    assertThat(rejections.allows(field, Rejections.FIRST_PAUSE_NANOS - 1)).isFalse();

    long over = Rejections.FIRST_PAUSE_NANOS;
    rejections.told(new Rejection(field, 5), over);
    rejections.rejected(field, over + 10);
    assertThat(rejections.allows(field, over + 10 + 2 * Rejections.FIRST_PAUSE_NANOS - 1))
        .as("doubled, from a minute at least")
        .isFalse();
  }
}
