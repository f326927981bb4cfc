package dev.warmpath.extproc.volatility;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How often the detector is right about logs whose one defect is known. */
class PlantedLogsTest {
  private static final int LOGS = 100;

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 24, 64, 10_000));

  private List<Finding> findings(PlantedLogs.Log log, long seed) {
    VolatilityDetector detector =
        new VolatilityDetector(
            new DetectorSettings(4, 16, 64, 32_768, 1 << 20, 3, Long.MAX_VALUE), seed);
    Prompt prompt = new Prompt();
    Prompt decoded = new Prompt();
    Dialect dialect = log.anthropic() ? Dialect.ANTHROPIC_MESSAGES : Dialect.OPENAI_CHAT;
    for (String body : log.bodies()) {
      byte[] bytes = body.getBytes(UTF_8);
      assertThat(scanner.scan(bytes, bytes.length, dialect, prompt)).isEqualTo(Verdict.OK);
      prompt.decodeInto(decoded);
      detector.observe(new Arrival("r", "s", "m", 4, Double.NaN, 1), decoded, 0);
    }
    return detector.findings();
  }

  private static Site site(VolatileKind kind, Random random) {
    return switch (kind) {
      case TOOL_ORDER, SCHEMA_KEY_ORDER -> Site.TOOL;
      case IMAGE_TOGGLED -> Site.MESSAGE;
      case PARAMETER -> Site.PARAMETER;
      case RETRIEVAL_ORDER -> random.nextBoolean() ? Site.SYSTEM : Site.MESSAGE;
      case TIME_STAMP, DATE, UUID, COUNTER, RANDOM_ID, USER_NAME, UNKNOWN ->
          List.of(Site.SYSTEM, Site.SYSTEM, Site.TOOL, Site.MESSAGE).get(random.nextInt(4));
    };
  }

  @Test
  void logs_withOneDefect_nameItNearlyAlways() {
    VolatileKind[] kinds = VolatileKind.values();
    List<String> wrong = new ArrayList<>();
    for (int seed = 0; seed < LOGS; seed++) {
      Random random = new Random(seed);
      VolatileKind kind = kinds[seed % (kinds.length - 1)];
      Site site = site(kind, random);
      PlantedLogs.Log log =
          new PlantedLogs(seed).log(kind, site, 60 + random.nextInt(60), seed % 2 == 0 ? 1 : 0.6);
      List<Finding> findings = findings(log, seed);
      if (findings.size() != 1
          || findings.getFirst().kind() != kind
          || findings.getFirst().site() != site) {
        wrong.add(log.defect() + " " + findings.stream().map(Finding::name).toList());
      }
    }

    System.out.printf("planted: %d of %d logs right%n", LOGS - wrong.size(), LOGS);
    assertThat(wrong).hasSizeLessThanOrEqualTo(LOGS / 100);
  }

  @Test
  void logs_clean_haveNearlyNoFindings() {
    List<String> wrong = new ArrayList<>();
    for (int seed = 0; seed < LOGS; seed++) {
      PlantedLogs.Log log = new PlantedLogs(seed).log(null, Site.SYSTEM, 60 + seed % 60, 1);
      findings(log, seed).forEach(finding -> wrong.add(finding.name()));
    }

    System.out.printf("clean: %d false findings in %d logs%n", wrong.size(), LOGS);
    assertThat(wrong).hasSizeLessThanOrEqualTo(LOGS / 100);
  }
}
