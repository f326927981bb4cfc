package dev.warmpath.controlplane.loop;

import static dev.warmpath.controlplane.loop.Fixtures.SECOND;
import static dev.warmpath.controlplane.loop.Fixtures.SETTINGS;
import static dev.warmpath.controlplane.loop.Fixtures.applied;
import static dev.warmpath.controlplane.loop.Fixtures.healthy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.warmpath.controlplane.loop.FleetState.KeySignals;
import dev.warmpath.controlplane.snapshot.Decisions;
import dev.warmpath.controlplane.snapshot.HashKey;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HashKeyLoopTest {
  private static final int ROOT = 1;
  private static final int CONVERSATION = 2;
  private static final int NONE = 4;
  private static final KeySignals MEDIOCRE = new KeySignals(1e6, 5e5, 1.2);
  private static final KeySignals BETTER = new KeySignals(1e6, 9e5, 1.5);

  private final HashKeyLoop loop = new HashKeyLoop(SETTINGS);
  private Decisions inForce = healthy();
  private int look;

  @Test
  void cost_ofAKey_weighsHitsAgainstBalance() {
    assertThat(HashKeyLoop.cost(new KeySignals(100, 90, 4))).isEqualTo(0.4, within(1e-9));
    assertThat(HashKeyLoop.cost(new KeySignals(0, 0, 1))).isEqualTo(1);
    // A perfect key costs nothing however uneven; a useless one costs its imbalance.
    assertThat(HashKeyLoop.cost(new KeySignals(100, 100, 8))).isZero();
    assertThat(HashKeyLoop.cost(new KeySignals(100, 0, 8))).isEqualTo(8);
  }

  @Test
  void key_betterForLong_takesOver() {
    run(39, Map.of(CONVERSATION, MEDIOCRE, ROOT, BETTER));
    assertThat(key()).isEqualTo(HashKey.CONVERSATION);
    run(1, Map.of(CONVERSATION, MEDIOCRE, ROOT, BETTER));
    assertThat(key()).isEqualTo(HashKey.ROOT);
  }

  @Test
  void key_betterByLessThanTheMargin_doesNot() {
    run(500, Map.of(CONVERSATION, MEDIOCRE, ROOT, new KeySignals(1e6, 5.2e5, 1.2)));
    assertThat(key()).isEqualTo(HashKey.CONVERSATION);
  }

  @Test
  void key_onLittleEvidence_doesNot() {
    run(500, Map.of(CONVERSATION, MEDIOCRE, ROOT, new KeySignals(4e5, 4e5, 1)));
    run(500, Map.of(CONVERSATION, new KeySignals(4e5, 0, 1), ROOT, BETTER));
    assertThat(key()).isEqualTo(HashKey.CONVERSATION);
  }

  @Test
  void agreement_broken_beginsAnew() {
    run(39, Map.of(CONVERSATION, MEDIOCRE, ROOT, BETTER));
    run(1, Map.of(CONVERSATION, BETTER, ROOT, BETTER));
    run(29, Map.of(CONVERSATION, MEDIOCRE, ROOT, BETTER));
    assertThat(key()).isEqualTo(HashKey.CONVERSATION);
    run(1, Map.of(CONVERSATION, MEDIOCRE, ROOT, BETTER));
    assertThat(key()).isEqualTo(HashKey.ROOT);
  }

  @Test
  void change_afterAnother_waitsForTheRest() {
    run(40, Map.of(CONVERSATION, MEDIOCRE, ROOT, BETTER));
    run(299, Map.of(CONVERSATION, BETTER, ROOT, MEDIOCRE));
    assertThat(key()).isEqualTo(HashKey.ROOT);
    run(1, Map.of(CONVERSATION, BETTER, ROOT, MEDIOCRE));
    assertThat(key()).isEqualTo(HashKey.CONVERSATION);
  }

  @Test
  void keys_thatHerd_giveWayToNone() {
    run(
        100,
        Map.of(
            CONVERSATION,
            new KeySignals(1e6, 2e5, 6),
            ROOT,
            new KeySignals(1e6, 3e5, 8),
            NONE,
            new KeySignals(1e6, 1e5, 1)));
    assertThat(key()).isEqualTo(HashKey.NONE);
  }

  private void run(int looks, Map<Integer, KeySignals> keys) {
    for (int i = 0; i < looks; i++) {
      var state = Fixtures.keys(look++ * SECOND, new TreeMap<>(keys));
      inForce = applied(inForce, loop.look(state, inForce));
    }
  }

  private HashKey key() {
    return inForce.hashKey("chat");
  }
}
