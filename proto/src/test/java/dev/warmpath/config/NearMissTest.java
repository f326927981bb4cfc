package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearMissTest {
  private static final List<String> WORDS = List.of("ext_proc", "pools", "routes", "max_depth");

  @Test
  void of_slip_findsTheWord() {
    assertThat(NearMiss.of("extProc", WORDS)).contains("ext_proc");
    assertThat(NearMiss.of("ext-proc", WORDS)).contains("ext_proc");
    assertThat(NearMiss.of("pool", WORDS)).contains("pools");
    assertThat(NearMiss.of("rotues", WORDS)).contains("routes");
    assertThat(NearMiss.of("max_dept", WORDS)).contains("max_depth");
  }

  @Test
  void of_somethingElse_findsNothing() {
    assertThat(NearMiss.of("listeners", WORDS)).isEmpty();
    assertThat(NearMiss.of("", WORDS)).isEmpty();
    assertThat(NearMiss.of("p".repeat(1_000_000), WORDS)).isEmpty();
    assertThat(NearMiss.of("pools", List.of())).isEmpty();
  }
}
