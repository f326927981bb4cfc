package dev.warmpath.e2e.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceWorkloadTest {
  private static final String TRACE =
      """
      {"timestamp": 1000, "input_length": 1200, "output_length": 7, "hash_ids": [0, 1, 2]}
      {"timestamp": 1000, "input_length": 1100, "output_length": 9, "hash_ids": [0, 1, 3]}
      {"timestamp": 1000, "input_length": 512, "output_length": 1, "hash_ids": [0]}
      {"timestamp": 4000, "input_length": 1024, "output_length": 2, "hash_ids": [0, 4]}
      """;

  @TempDir private Path folder;

  @Test
  void read_plainOrGzipped_isTheSame() throws IOException {
    Path gzipped = folder.resolve("trace.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzipped))) {
      out.write(TRACE.getBytes(StandardCharsets.UTF_8));
    }
    TraceWorkload plain = read(TRACE, options(true, 1));
    TraceWorkload other = TraceWorkload.read(gzipped, options(true, 1));
    assertThat(other.size()).isEqualTo(4);
    for (int i = 0; i < 4; i++) {
      assertThat(other.request(i).body()).isEqualTo(plain.request(i).body());
      assertThat(other.atNanos(i)).isEqualTo(plain.atNanos(i));
    }
  }

  @Test
  void request_row_hasItsTokensAndSharesBlocksById() throws IOException {
    TraceWorkload trace = read(TRACE, options(false, 1));
    JsonNode first = new ObjectMapper().readTree(trace.request(0).body());
    JsonNode second = new ObjectMapper().readTree(trace.request(1).body());
    String system = first.at("/messages/0/content").asText();
    String user = first.at("/messages/1/content").asText();
    assertThat(system.length() + user.length()).isEqualTo(1200 * 4);
    assertThat(system).hasSize(2048).isEqualTo(second.at("/messages/0/content").asText());
    assertThat(second.at("/messages/1/content").asText())
        .startsWith(user.substring(0, 2048))
        .doesNotStartWith(user.substring(0, 2080));
    assertThat(first.path("max_tokens").asInt()).isEqualTo(7);
    assertThat(trace.promptTokens()).isEqualTo(1200 + 1100 + 512 + 1024);
  }

  @Test
  void atNanos_asInTheFile_ticksStayTogetherAndLoadIsMet() throws IOException {
    // One engine: cached are 2 blocks of the second row, none of the third (its last block is
    // computed), and 1 of the fourth: uncached 1200 + 76 + 512 + 512 = 2300.
    TraceWorkload trace = read(TRACE, options(false, 1));
    assertThat(trace.randomHitRate()).isCloseTo(1 - 2300 / 3836.0, offset(1e-9));
    // 2300 tokens at 1000/s and load 0.5 are 4.6 s, for two ticks of 3 s.
    assertThat(trace.stretch()).isCloseTo(4.6 / 6, offset(1e-9));
    assertThat(trace.atNanos(0)).isZero();
    assertThat(trace.atNanos(2)).isZero();
    assertThat(trace.atNanos(3)).isEqualTo(2_300_000_000L);
  }

  @Test
  void atNanos_spreadAndSpedUp_divideTheTick() throws IOException {
    TraceWorkload trace = read(TRACE, options(true, 2));
    assertThat(trace.atNanos(0)).isZero();
    assertThat(trace.atNanos(1)).isCloseTo(1_150_000_000L / 3, offset(1L));
    assertThat(trace.atNanos(2)).isCloseTo(2 * 1_150_000_000L / 3, offset(1L));
    assertThat(trace.atNanos(3)).isEqualTo(1_150_000_000L);
  }

  @Test
  void read_badRow_saysWhichAndWhatIsExpected() {
    assertThatThrownBy(() -> read(TRACE + "{\"timestamp\": 1}\n", options(true, 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("row 5")
        .hasMessageContaining("expected: timestamp");
    assertThatThrownBy(() -> read("", options(true, 1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no rows");
  }

  private TraceWorkload read(String text, TraceWorkload.Options options) throws IOException {
    Path file = folder.resolve("trace.jsonl");
    Files.writeString(file, text);
    return TraceWorkload.read(file, options);
  }

  private static TraceWorkload.Options options(boolean spread, double speedup) {
    return new TraceWorkload.Options(100, 1, 1000, 1000, 0.5, spread, speedup, "sim-model");
  }
}
