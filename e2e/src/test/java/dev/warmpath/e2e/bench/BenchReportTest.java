package dev.warmpath.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;

class BenchReportTest {
  private static Slice slice(double p50, double processor) {
    return new Slice(4096, p50, 2 * p50, 300, processor, 2);
  }

  private static BenchReport report() {
    var report = new BenchReport();
    for (double p50 : new double[] {100, 1_000, 200}) {
      report.add("4", Filter.NONE, slice(p50 / 2, 0));
      report.add("4", Filter.NOOP, slice(p50, 500));
      report.add("4", Filter.WARMPATH, slice(p50 * 1.5, 600));
    }
    return report;
  }

  @Test
  void median_oddEvenNone_middleMeanNothing() {
    assertThat(BenchReport.median(new double[] {3, 1, 2})).isEqualTo(2);
    assertThat(BenchReport.median(new double[] {4, 1, 2, 3})).isEqualTo(2.5);
    assertThat(BenchReport.median(new double[0])).isNaN();
  }

  @Test
  void ratio_roundOfAnotherSpeed_isOfRoundsNotOfMedians() {
    assertThat(report().ratio("4", Filter.WARMPATH, Filter.NOOP, Slice::p50Micros))
        .isCloseTo(1.5, within(1e-9));
    assertThat(report().ratio("4", Filter.WARMPATH, Filter.NONE, Slice::processorMicros)).isNaN();
  }

  @Test
  void json_threeFilters_oneRowEach() {
    ObjectNode json = report().json();
    assertThat(json.path("rows")).hasSize(3);
    assertThat(json.path("rows").get(2).toString())
        .isEqualTo(
            "{\"filter\":\"warmpath\",\"body_bytes\":4096,\"mix\":false,\"p50_us\":300.0,"
                + "\"p99_us\":600.0,\"cpu_us_envoy\":300.0,\"cpu_us_processor\":600.0,\"unprocessed\":6}");
    assertThat(report().unprocessed()).isEqualTo(18);
    assertThat(json.path("ratios").get(1).path("cpu_processor").asDouble()).isEqualTo(1.2);
  }

  @Test
  void markdown_threeFilters_figuresAndRatios() {
    assertThat(report().markdown())
        .contains("| 4 KiB | warmpath | 0.30 | 0.60 | 0.30 | 0.60 |")
        .contains("| 4 KiB | 3.00 | 1.50 | 1.50 | 1.00 | 1.20 |");
  }
}
