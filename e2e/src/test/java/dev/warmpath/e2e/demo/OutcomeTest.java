package dev.warmpath.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

class OutcomeTest {
  private static final Phase NAIVE =
      new Phase(
          new Served(
              new Served.Tokens(100, 0, 900, 50),
              new Served.Tokens(0, 0, 1_000, 50),
              2,
              new double[] {3_600, 3_600}),
          1_000,
          1,
          1_000,
          new double[] {100, 200, 300},
          7_200);
  private static final Phase WARMPATH =
      new Phase(
          new Served(
              new Served.Tokens(700, 0, 300, 50),
              new Served.Tokens(500, 400, 100, 50),
              1,
              new double[] {1_800, 1_800}),
          1_000,
          0,
          3,
          new double[] {50, 60, 70},
          7_200);
  private static final Outcome OUTCOME =
      new Outcome(NAIVE, WARMPATH, new FaultCounts(120, 0, 110, 2));

  @Test
  void json_twoPhasesAndFaults_hasTheFieldsOfTheContract() {
    JsonNode json = OUTCOME.json();
    assertThat(json.fieldNames()).toIterable().containsExactly("naive", "warmpath", "faults");
    assertThat(json.path("naive").fieldNames())
        .toIterable()
        .containsExactly(
            "hit_rate",
            "ttft_mean_ms",
            "ttft_p50_ms",
            "ttft_p99_ms",
            "imbalance",
            "failed",
            "requests",
            "cost_per_1000",
            "passed_through");
    assertThat(json.path("warmpath").path("hit_rate").doubleValue()).isEqualTo(0.6);
    assertThat(json.path("warmpath").path("cost_per_1000").doubleValue()).isEqualTo(3.5);
    assertThat(json.path("warmpath").path("passed_through").intValue()).isEqualTo(3);
    assertThat(json.path("faults").path("ext_proc_killed_failed").intValue()).isZero();
    assertThat(json.path("faults").path("control_plane_killed_failed").intValue()).isEqualTo(2);
  }

  @Test
  void table_providerAndPool_showsBothAndWhatWasSaved() {
    assertThat(OUTCOME.table())
        .containsPattern("hit rate +5\\.0 % +60\\.0 % +× 12\\.0")
        .containsPattern("TTFT p99 +300 ms +70 ms +-77 %")
        .containsPattern("cost of 1,000 requests +\\$7\\.00 +\\$3\\.50 +-50 %")
        .contains("Saved: $3.50 of $7.00 per 1,000 requests (-50 %)")
        .contains("0 of 120 requests failed")
        .contains("2 of 110 requests failed");
  }

  @Test
  void table_noProvider_leavesItOut() {
    var pool =
        new Phase(
            new Served(
                new Served.Tokens(1, 0, 1, 0), new Served.Tokens(0, 0, 0, 0), 0, new double[] {1}),
            1,
            0,
            0,
            new double[] {1},
            1);
    assertThat(new Outcome(pool, pool, new FaultCounts(1, 0, 1, 0)).table())
        .doesNotContain("provider");
  }
}
