package dev.warmpath.extproc.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.prompt.Vectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VectorTrialTest {

  private static final long MILLI = 1_000_000;

  private long now;
  private int scans;

  @AfterEach
  void usePlainLoops() {
    Vectors.use(false);
  }

  /** A scan that takes 3 ms, and on vectors 300 before they are compiled and 1 then. */
  private void scan(int compiledAfter) {
    scans++;
    now += Vectors.areInUse() ? (scans > compiledAfter ? MILLI : 300 * MILLI) : 3 * MILLI;
  }

  @Test
  void vectors_fasterOnceCompiled_areInUse() {
    new VectorTrial(() -> now, () -> scan(8)).run();
    assertThat(Vectors.areInUse()).isTrue();
    // Four rounds of them were slow.
    assertThat(scans).isEqualTo(2 * (4 + 10));
  }

  @Test
  void vectors_neverCompiled_areNotInUseAndTriedForTwoSeconds() {
    new VectorTrial(() -> now, () -> scan(Integer.MAX_VALUE)).run();
    assertThat(Vectors.areInUse()).isFalse();
    assertThat(now).isBetween(2000 * MILLI, 2400 * MILLI);
  }

  @Test
  void vectors_ofAnotherRelease_areNotInUse() {
    new VectorTrial(
            () -> now,
            () -> {
              if (Vectors.areInUse()) {
                throw new NoSuchMethodError("eq");
              }
            })
        .run();
    assertThat(Vectors.areInUse()).isFalse();
  }

  @Test
  void samples_scanned_leaveOneInUse() {
    VectorTrial.ofSamples(1 << 16).run();
    // By the flags of this JVM the optimizing compiler is off.
    assertThat(Vectors.areInUse()).isFalse();
  }
}
