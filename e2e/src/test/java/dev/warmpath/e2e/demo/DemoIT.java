package dev.warmpath.e2e.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class DemoIT {
  private static final ObjectMapper STRICT =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  @Test
  void run_small_printsOneObjectAndFailsNothing() throws JsonProcessingException {
    var bytes = new ByteArrayOutputStream();
    int status;
    try (var out = new PrintStream(bytes, true, UTF_8)) {
      status = Demo.run(out, "--json", "--requests", "80", "--seconds", "3", "--engines", "2");
    }

    JsonNode json = STRICT.readTree(bytes.toString(UTF_8));
    assertThat(status).isZero();
    for (String phase : new String[] {"naive", "warmpath"}) {
      JsonNode figures = json.path(phase);
      assertThat(figures.path("requests").intValue()).as(phase).isEqualTo(80);
      assertThat(figures.path("failed").intValue()).as(phase).isZero();
      assertThat(figures.path("ttft_p99_ms").doubleValue()).as(phase).isPositive();
      assertThat(figures.path("cost_per_1000").doubleValue()).as(phase).isPositive();
    }
    assertThat(json.path("warmpath").path("hit_rate").doubleValue())
        .isGreaterThan(json.path("naive").path("hit_rate").doubleValue());
    assertThat(json.path("warmpath").path("passed_through").intValue()).isLessThanOrEqualTo(8);
    assertThat(json.path("faults").path("ext_proc_killed_failed").intValue()).isZero();
    assertThat(json.path("faults").path("control_plane_killed_failed").intValue()).isZero();
  }

  @Test
  void run_wrongOptions_saysWhatIsExpected() {
    assertThat(Demo.run(System.out, "--rows", "5")).isEqualTo(2);
    assertThat(Demo.run(System.out, "--speedup", "0")).isEqualTo(2);
  }
}
