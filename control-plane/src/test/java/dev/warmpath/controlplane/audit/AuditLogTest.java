package dev.warmpath.controlplane.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.controlplane.audit.AuditEntry.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  @TempDir private Path directory;

  @Test
  void entry_recorded_isOneLineOfJson() throws IOException {
    try (var audit = log(1 << 20)) {
      audit.record(entry(0, Outcome.APPLIED, "line\nbreak \"quote\""));
    }
    assertThat(Files.readString(file()))
        .isEqualTo(
            "{\"time\":\"1970-01-01T00:00:00Z\",\"actor\":\"weight\",\"outcome\":\"APPLIED\","
                + "\"version\":\"3\",\"subject\":\"chat\",\"before\":\"old\",\"after\":\"new\","
                + "\"reason\":\"line\\nbreak \\\"quote\\\"\"}\n");
  }

  @Test
  void file_fromAnEarlierLife_isAppendedTo() throws IOException {
    try (var audit = log(1 << 20)) {
      audit.record(entry(0, Outcome.APPLIED, ""));
    }
    try (var audit = log(1 << 20)) {
      audit.record(entry(1, Outcome.APPLIED, ""));
    }
    assertThat(Files.readAllLines(file())).hasSize(2);
  }

  @Test
  void line_brokenOffByACrash_doesNotSpoilTheNext() throws IOException {
    Files.writeString(file(), "{\"time\":\"19");
    try (var audit = log(1 << 20)) {
      audit.record(entry(0, Outcome.APPLIED, ""));
    }
    assertThat(Files.readAllLines(file())).hasSize(2).first().isEqualTo("{\"time\":\"19");
  }

  @Test
  void file_full_isBegunAnewAndOneIsKept() throws IOException {
    try (var audit = log(1_000)) {
      for (int i = 0; i < 100; i++) {
        audit.record(entry(i, Outcome.APPLIED, ""));
      }
    }
    assertThat(Files.size(file())).isLessThanOrEqualTo(1_000);
    assertThat(Files.size(directory.resolve("audit.jsonl.1"))).isLessThanOrEqualTo(1_000);
    try (var files = Files.list(directory)) {
      assertThat(files).hasSize(2);
    }
    assertThat(Files.readAllLines(file())).last().asString().contains("1970-01-01T00:01:39Z");
  }

  @Test
  void tail_ofManyAnswers_keepsTheReasons() {
    try (var audit = log(1 << 20)) {
      audit.record(entry(0, Outcome.APPLIED, "the reason"));
      for (int i = 1; i <= 3_000; i++) {
        audit.record(entry(i, Outcome.ACKED, ""));
      }
      assertThat(audit.tail()).hasSize(AuditLog.TAIL_ENTRIES + 1);
      assertThat(audit.tail().getFirst().reason()).isEqualTo("the reason");
    }
  }

  @Test
  void disk_thatRefuses_isCountedAndTheTailGoesOn() throws IOException {
    Files.createDirectory(file());
    try (var audit = log(1 << 20)) {
      audit.record(entry(0, Outcome.APPLIED, "kept"));
      assertThat(audit.failures()).isEqualTo(1);
      assertThat(audit.tail()).hasSize(1);
    }
  }

  @Test
  void text_tooLong_isCut() {
    AuditEntry entry = entry(0, Outcome.NOTED, "x".repeat(100_000));
    assertThat(entry.reason()).hasSize(AuditEntry.MAX_TEXT_CHARS + 1);
  }

  private AuditLog log(long maxBytes) {
    return new AuditLog(file(), maxBytes);
  }

  private Path file() {
    return directory.resolve("audit.jsonl");
  }

  private static AuditEntry entry(long second, Outcome outcome, String reason) {
    return new AuditEntry(
        Instant.ofEpochSecond(second), "weight", outcome, "3", "chat", "old", "new", reason);
  }
}
