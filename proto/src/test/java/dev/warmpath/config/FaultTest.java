package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FaultTest {
  @Test
  void toString_wholeFault_hasFileLinePathValueAndExpectation() {
    assertThat(new Fault("a.yaml", 3, "pools[0].name", "Llama", "a lower-case name"))
        .hasToString("a.yaml:3: pools[0].name: Llama (expected: a lower-case name)");
  }
}
