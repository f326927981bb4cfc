package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReferencePageTest {
  private static final Path COMMITTED = Path.of("../docs/configuration.md");

  /** {@code bin/reference} sets it, and so writes what this checks. */
  private static final boolean WRITES = Boolean.getBoolean("reference.write");

  @Test
  void committedPage_schema_isCurrent() throws IOException {
    String page = ReferencePage.from(Path.of("target/descriptors.binpb"));
    if (WRITES) {
      Files.createDirectories(COMMITTED.getParent());
      Files.writeString(COMMITTED, page);
    }

    assertThat(COMMITTED)
        .as("docs/configuration.md (bin/reference mends it)")
        .content()
        .isEqualTo(page);
  }
}
