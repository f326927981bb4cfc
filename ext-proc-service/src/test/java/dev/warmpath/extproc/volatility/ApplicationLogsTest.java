package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How often the detector is right about applications of many builds, one defect each. */
class ApplicationLogsTest {
  private static final int LOGS_OF_A_KIND = Integer.getInteger("warmpath.logs", 20);
  private static final int CLEAN_LOGS = 5 * LOGS_OF_A_KIND;

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 24, 64, 10_000));

  private record Seen(List<Finding> findings, Set<String> places) {}

  private Seen look(ApplicationLogs.Log log, long seed) {
    VolatilityDetector detector =
        new VolatilityDetector(
            new DetectorSettings(4, 16, 64, 32_768, 1 << 20, 3, Long.MAX_VALUE), seed);
    Prompt prompt = new Prompt();
    Prompt decoded = new Prompt();
    Set<String> places = new HashSet<>();
    for (int i = 0; i < log.bodies().size(); i++) {
      byte[] body = log.bodies().get(i);
      assertThat(scanner.scan(body, body.length, log.dialect(), prompt)).isEqualTo(Verdict.OK);
      prompt.decodeInto(decoded);
      detector.observe(new Arrival("r", "s", "m", 4, Double.NaN, 1), decoded, 0);
      String value = log.values().get(i);
      for (int segment = 0; segment < decoded.segments() && !value.isEmpty(); segment++) {
        find(decoded, segment, value.getBytes(UTF_8), places);
      }
    }
    return new Seen(detector.findings(), places);
  }

  private static void find(Prompt prompt, int segment, byte[] value, Set<String> places) {
    int start = prompt.textStart(segment);
    for (int at = start; at + value.length <= prompt.textEnd(segment); at++) {
      if (Arrays.equals(prompt.text(), at, at + value.length, value, 0, value.length)) {
        for (int i = 0; i < value.length; i++) {
          places.add(segment + "+" + (at - start + i));
        }
      }
    }
  }

  @Test
  void logs_withOneDefect_nameItNearlyAlways() {
    List<String> wrong = new ArrayList<>();
    int logs = 0;
    int further = 0;
    for (VolatileKind kind : VolatileKind.values()) {
      for (int i = 0; i < LOGS_OF_A_KIND && kind != VolatileKind.UNKNOWN; i++) {
        long seed = logs;
        ApplicationLogs.Log log = new ApplicationLogs(seed).log(kind);
        Seen seen = look(log, seed);
        logs++;
        boolean right =
            seen.findings.stream()
                .anyMatch(
                    finding ->
                        finding.kind() == kind
                            && (seen.places.isEmpty()
                                || seen.places.contains(
                                    finding.segment() + "+" + finding.offset())));
        further += seen.findings.size() > 1 ? 1 : 0;
        if (!right) {
          wrong.add(
              seed + " " + log.dialect() + " " + log.defect() + " found " + names(seen.findings));
        }
      }
    }

    System.out.printf(
        "applications: %d of %d logs right, %d with further findings%n",
        logs - wrong.size(), logs, further);
    assertThat(wrong).hasSizeLessThanOrEqualTo(logs * 2 / 100);
  }

  private static List<String> names(List<Finding> findings) {
    return findings.stream().map(Finding::name).toList();
  }

  @Test
  void logs_clean_haveNearlyNoFindings() {
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < CLEAN_LOGS; i++) {
      long seed = 100_000L + i;
      ApplicationLogs.Log log = new ApplicationLogs(seed).log(null);
      List<Finding> findings = look(log, seed).findings;
      if (!findings.isEmpty()) {
        wrong.add(seed + " " + log.dialect() + " found " + names(findings));
      }
    }

    System.out.printf(
        "applications: %d of %d clean logs with findings%n", wrong.size(), CLEAN_LOGS);
    assertThat(wrong).hasSizeLessThanOrEqualTo(CLEAN_LOGS / 100);
  }
}
