package dev.warmpath.controlplane.signals;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PrometheusTextTest {
  private final List<String> samples = new ArrayList<>();

  @Test
  void sample_plain_isRead() {
    assertThat(read("a 1\nb 2.5\n")).isZero();
    assertThat(samples).containsExactly("a{} 1.0");
  }

  @Test
  void sample_withLabels_isReadWithEscapes() {
    assertThat(read("a{x=\"1\", y=\"q\\\"\\\\\\n}\" , } 3 1700000000\r\n")).isZero();
    assertThat(samples).containsExactly("a{x=1, y=q\"\\\n}} 3.0");
  }

  @Test
  void sample_withExemplar_ignoresIt() {
    read("a{le=\"1\"} 4 # {trace=\"x\"} 0.5");
    assertThat(samples).containsExactly("a{le=1} 4.0");
  }

  @Test
  void values_special_areRead() {
    read("a NaN\na +Inf\na -Inf\na 1e3\n");
    assertThat(samples).containsExactly("a{} NaN", "a{} Infinity", "a{} -Infinity", "a{} 1000.0");
  }

  @Test
  void lines_commentsAndBlanks_areNoFault() {
    assertThat(read("# HELP a b\n\n   \n\r\n# a 1\n")).isZero();
    assertThat(samples).isEmpty();
  }

  @Test
  void lines_unreadable_areCountedAndPassedOver() {
    assertThat(read("a\na{\na{x}\na{x=\"1\na x\na {x=\"1\"}\n\"\na 7")).isEqualTo(7);
    assertThat(samples).containsExactly("a{} 7.0");
  }

  private int read(String text) {
    return PrometheusText.read(
        text.getBytes(UTF_8),
        Set.of("a"),
        (name, labels, value) -> samples.add(name + new TreeMap<>(labels) + " " + value));
  }
}
