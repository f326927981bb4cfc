package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class YamlDocumentTest {
  private static List<String> faults(String yaml) {
    FaultLog log = new FaultLog("w.yaml");
    assertThat(YamlDocument.compose(yaml, "w.yaml", log)).isEmpty();
    return log.faults().stream().map(Fault::toString).toList();
  }

  @Test
  void compose_emptyText_refused() {
    assertThat(faults("# nothing\n"))
        .containsExactly("w.yaml: an empty file (expected: a mapping)");
  }

  @Test
  void compose_twoDocuments_refused() {
    assertThat(faults("a: 1\n---\nb: 2\n---\nc: 3\n"))
        .containsExactly("w.yaml:2: a second document (expected: one document)");
  }

  @Test
  void compose_anchorAndAliases_allRefused() {
    assertThat(faults("a: &x [1]\nb: *x\nc: *x\n"))
        .containsExactly(
            "w.yaml:1: &x (expected: no anchors)",
            "w.yaml:2: *x (expected: no aliases)",
            "w.yaml:3: *x (expected: no aliases)");
  }

  @Test
  void compose_deepNesting_refusedBeforeATreeExists() {
    assertThat(faults("a: " + "[".repeat(100_000)))
        .containsExactly("w.yaml:1: deeper nesting (expected: at most 32 levels)");
  }

  @Test
  void compose_brokenYaml_namesLineAndNotTheText() {
    List<String> faults = faults("a: 1\ncredential: \"sk-secret\n");

    assertThat(faults).hasSize(1);
    assertThat(faults.getFirst()).startsWith("w.yaml:").doesNotContain("sk-secret");
  }

  @Test
  void compose_controlCharacter_refused() {
    assertThat(faults("a: \u0007\n"))
        .containsExactly(
            "w.yaml: not YAML: a character that is not printable (expected: YAML 1.2)");
  }
}
