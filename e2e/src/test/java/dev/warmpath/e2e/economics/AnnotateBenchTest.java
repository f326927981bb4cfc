package dev.warmpath.e2e.economics;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class AnnotateBenchTest {

  private static int run(StringWriter out, String... arguments) {
    return new CommandLine(new AnnotateBench())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(out, true))
        .execute(arguments);
  }

  @Test
  void run_small_holdsBothBounds() throws IOException {
    var out = new StringWriter();

    assertThat(run(out, "--json", "--seeds", "3", "--requests", "2500", "--seed", "77")).isZero();

    JsonNode result = new ObjectMapper().readTree(out.toString());
    assertThat(result.path("streams")).hasSize(Traffic.values().length + 1);
    for (JsonNode row : result.path("streams")) {
      assertThat(row.path("none").doubleValue()).isEqualTo(1);
      assertThat(row.path("warmpath").doubleValue()).isBetween(0.05, 1.02);
      assertThat(row.path("warmpath_to_better_of_none_and_always").doubleValue())
          .isLessThanOrEqualTo(1.02);
    }
    assertThat(result.path("warmpath_to_oracle").doubleValue()).isBetween(0.9, 1.1);
  }

  @Test
  void run_wrongArguments_saysWhatIsExpected() {
    var out = new StringWriter();

    assertThat(run(out, "--model", "nobody-knows")).isEqualTo(2);
    assertThat(out.toString()).contains("nobody-knows", "expected");
    assertThat(run(out, "--seeds", "0")).isEqualTo(2);
    assertThat(run(out, "--streams", "third")).isEqualTo(2);
    assertThat(out.toString()).contains("third", "first or other");
  }

  @Test
  void run_otherStreams_billsEachOfThem() throws IOException {
    var out = new StringWriter();

    run(out, "--json", "--streams", "other", "--seeds", "1", "--requests", "600");

    JsonNode result = new ObjectMapper().readTree(out.toString());
    assertThat(result.path("set").asText()).isEqualTo("other");
    assertThat(result.path("streams")).hasSize(OtherTraffic.values().length + 1);
    for (JsonNode row : result.path("streams")) {
      assertThat(row.path("oracle").doubleValue()).isBetween(0.05, 1.0);
      assertThat(row.path("warmpath").doubleValue()).isBetween(0.05, 1.1);
    }
  }

  @Test
  void run_threeReplicasThatTellEachOther_costHardlyMoreThanOne() throws IOException {
    var out = new StringWriter();

    assertThat(run(out, "--json", "--replicas", "3", "--seeds", "1", "--requests", "1500"))
        .isZero();

    JsonNode result = new ObjectMapper().readTree(out.toString());
    assertThat(result.path("streams")).hasSize(Traffic.values().length + 1);
    assertThat(result.path("streams"))
        .filteredOn(row -> row.path("stream").asText().equals("agents"))
        .singleElement()
        .satisfies(
            agents -> {
              assertThat(agents.path("telling_to_one").doubleValue()).isBetween(0.95, 1.02);
              assertThat(agents.path("apart_to_one").doubleValue()).isGreaterThan(1.05);
            });
    assertThat(run(out, "--replicas", "0")).isEqualTo(2);
  }

  static Stream<Workload> workloads() {
    return Stream.concat(Stream.of(Traffic.values()), Stream.of(OtherTraffic.values()));
  }

  @ParameterizedTest
  @MethodSource("workloads")
  void stream_ofEachKind_isTheSameForASeedAndInOrder(Workload workload) {
    List<Arrival> stream = workload.requests(500, 3);
    List<Arrival> again = workload.requests(500, 3);

    assertThat(stream).hasSize(500);
    for (int i = 0; i < stream.size(); i++) {
      Arrival request = stream.get(i);
      assertThat(request.keys()).isEqualTo(again.get(i).keys());
      assertThat(request.tokens()).isSorted();
      assertThat(request.blocks()).isSorted();
      assertThat(i == 0 || request.nanos() >= stream.get(i - 1).nanos()).isTrue();
    }
    assertThat(workload.requests(500, 4).getFirst().keys()).isNotEqualTo(stream.getFirst().keys());
  }
}
