package dev.warmpath.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PhaseTest {
  private static final Served NOTHING =
      new Served(new Served.Tokens(0, 0, 0, 0), new Served.Tokens(0, 0, 0, 0), 0, new double[2]);

  @Test
  void hitRate_readOfAllInput() {
    assertThat(new Served.Tokens(30, 20, 50, 999).hitRate()).isEqualTo(0.3);
    assertThat(new Served.Tokens(0, 0, 0, 5).hitRate()).isZero();
  }

  @Test
  void imbalance_maxOverMean() {
    assertThat(served(0, 1, 2, 3).imbalance()).isEqualTo(1.5);
    assertThat(NOTHING.imbalance()).isEqualTo(1);
  }

  @Test
  void usdPer1000_billAndBusyHours_idleApart() {
    // Two engines for an hour, of which they were busy for half an hour in all.
    var phase = new Phase(served(3, 1_200, 600), 100, 0, 0, new double[0], 3_600);
    assertThat(phase.engineUsd()).isEqualTo(Phase.ENGINE_USD_PER_HOUR / 2);
    assertThat(phase.idleUsd()).isCloseTo(Phase.ENGINE_USD_PER_HOUR * 1.5, within(1e-9));
    assertThat(phase.usdPer1000()).isCloseTo((3 + 1.25) * 10, within(1e-9));
  }

  @Test
  void usdPer1000_noRequests_zero() {
    assertThat(new Phase(NOTHING, 0, 0, 0, new double[0], 1).usdPer1000()).isZero();
  }

  @Test
  void firstTokenMillis_nearestRank() {
    double[] hundred = new double[100];
    for (int i = 0; i < 100; i++) {
      hundred[i] = i + 1;
    }
    var phase = new Phase(NOTHING, 100, 0, 0, hundred, 1);
    assertThat(phase.firstTokenMillis(0.5)).isEqualTo(50);
    assertThat(phase.firstTokenMillis(0.99)).isEqualTo(99);
    assertThat(phase.firstTokenMillis(1)).isEqualTo(100);
    assertThat(phase.meanFirstTokenMillis()).isEqualTo(50.5);
    assertThat(new Phase(NOTHING, 0, 0, 0, new double[0], 1).firstTokenMillis(0.5)).isZero();
  }

  private static Served served(double usd, double... busySeconds) {
    return new Served(
        new Served.Tokens(1, 0, 1, 0), new Served.Tokens(0, 0, 0, 0), usd, busySeconds);
  }
}
