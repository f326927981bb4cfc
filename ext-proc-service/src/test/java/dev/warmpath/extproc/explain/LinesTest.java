package dev.warmpath.extproc.explain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class LinesTest {
  private static Lines lines(String text) {
    return new Lines(new ByteArrayInputStream(text.getBytes(UTF_8)), 100_000);
  }

  @Test
  void next_linesWithAndWithoutEnd_areAllGiven() throws IOException {
    try (Lines lines = lines("one\n\nthree")) {
      assertThat(lines.next()).asString(UTF_8).isEqualTo("one");
      assertThat(lines.next()).isEmpty();
      assertThat(lines.next()).asString(UTF_8).isEqualTo("three");
      assertThat(lines.next()).isNull();
    }
  }

  @Test
  void next_lineLongerThanTheBuffer_isWhole() throws IOException {
    try (Lines lines = lines("x".repeat(90_000) + "\ny\n")) {
      assertThat(lines.next()).hasSize(90_000);
      assertThat(lines.wasTooLong()).isFalse();
      assertThat(lines.next()).asString(UTF_8).isEqualTo("y");
    }
  }

  @Test
  void next_lineBeyondTheBound_isCutAndTold() throws IOException {
    try (Lines lines = lines("x".repeat(200_000) + "\ny\n")) {
      assertThat(lines.next()).hasSize(100_000);
      assertThat(lines.wasTooLong()).isTrue();
      assertThat(lines.next()).asString(UTF_8).isEqualTo("y");
      assertThat(lines.wasTooLong()).isFalse();
    }
  }
}
