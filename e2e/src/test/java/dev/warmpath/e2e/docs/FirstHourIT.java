package dev.warmpath.e2e.docs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.warmpath.e2e.engine.EngineFleet;
import dev.warmpath.e2e.engine.EngineReport;
import dev.warmpath.e2e.engine.EngineSettings;
import dev.warmpath.e2e.envoy.EnvoyBinary;
import dev.warmpath.e2e.envoy.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code docs/first-hour.md}, read as a person would: its files are written, its commands run in
 * one shell in the unpacked archive, against simulated engines. Only the ports are others.
 */
class FirstHourIT {
  private static final Path DOCUMENT = Path.of("..", "docs", "first-hour.md");
  private static final Pattern BLOCK =
      Pattern.compile("^```(\\S+)(?: (\\S+))?\\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern PORT = Pattern.compile("\\b(8001|8002|9300|9301|9901|10000)\\b");
  private static final String STEP = "@@ block ";
  private static final long LIMIT_SECONDS = 240;
  private static final int QUESTIONS = 30;

  @TempDir private Path folder = Path.of("");

  @Test
  void document_everyCommand_doesWhatThePageSays() throws IOException, InterruptedException {
    Map<String, Integer> ports = new HashMap<>();
    String page =
        PORT.matcher(Files.readString(DOCUMENT))
            .replaceAll(
                match -> Integer.toString(ports.computeIfAbsent(match.group(), _ -> Ports.free())));
    assertThat(ports).hasSize(6);
    Path home = unpack();
    String script = script(page, home);

    EngineSettings settings = EngineSettings.DEFAULTS.withModel("llama-70b").withSpeedup(8);
    List<Integer> enginePorts =
        Stream.of("8001", "8002").map(port -> ports.getOrDefault(port, 0)).toList();
    try (EngineFleet engines = EngineFleet.start(EngineFleet.alike(2, settings), enginePorts, 0)) {
      List<String> outputs = run(home, script);

      assertThat(outputs.get(0))
          .startsWith("--- envoy.yaml\n+++ envoy.yaml\n@@ ")
          .contains("\n+          - name: warmpath.decide\n");
      assertThat(outputs.get(1)).contains("envoy.yaml: Warmpath added\n", "'envoy.yaml' OK\n");

      JsonNode forecast = onlyRow(outputs.get(4));
      assertThat(forecast.path("forecast_requests").asLong()).isEqualTo(QUESTIONS);
      assertThat(forecast.path("active_requests").asLong()).isZero();
      // Misses before the engines' first hit; each of five documents misses each of two engines.
      assertThat(forecast.path("unknown_usage_requests").asLong()).isLessThanOrEqualTo(10);
      assertThat(forecast.path("planned_read_tokens").asLong())
          .isGreaterThan(forecast.path("usage").path("read_tokens").asLong());
      assertThat(forecast.path("planned_nanousd").asLong())
          .isLessThan(forecast.path("actual_nanousd").asLong());
      assertThat(outputs.get(5))
          .contains("warmpath_requests_planned_total{mode=\"forecast\",route=\"chat\"} 30.0\n")
          .doesNotContain("warmpath_requests_passed_total");

      JsonNode active = onlyRow(outputs.get(7));
      assertThat(active.path("active_requests").asLong()).isEqualTo(QUESTIONS);
      assertThat(active.path("forecast_requests").asLong()).isZero();
      assertThat(active.path("usage").path("read_tokens").asLong())
          .isGreaterThan(active.path("naive_read_tokens").asLong())
          .isGreaterThan((long) (0.95 * active.path("planned_read_tokens").asLong()));
      assertThat(outputs.get(7))
          .contains("warmpath_picks_total{cluster=\"engines\",result=\"picked\"} 30.0\n");
      assertThat(outputs.get(8)).contains("envoy.yaml: Warmpath removed\n");

      List<EngineReport> reports = engines.reports();
      assertThat(reports.stream().mapToLong(EngineReport::arrived).sum())
          .isEqualTo(2 * QUESTIONS + 3);
      assertThat(reports).allMatch(report -> report.reservedHeaders() == 0);
    }
  }

  private Path unpack() throws IOException, InterruptedException {
    Path archive;
    try (Stream<Path> files = Files.list(Path.of("target").toAbsolutePath())) {
      archive = files.filter(file -> file.toString().endsWith(".tar.gz")).findFirst().orElseThrow();
    }
    Process tar =
        new ProcessBuilder("tar", "xzf", archive.toString())
            .directory(folder.toFile())
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).isZero();
    return folder.resolve(archive.getFileName().toString().replace(".tar.gz", ""));
  }

  /** Writes the page's files and makes one script of its commands, in which each block is told. */
  private static String script(String page, Path home) throws IOException {
    StringBuilder script = new StringBuilder("set -euo pipefail\n");
    script.append("trap 'kill $(jobs -p) || true; wait' EXIT\n");
    Matcher block = BLOCK.matcher(page);
    while (block.find()) {
      String file = block.group(2);
      if (file != null) {
        Files.writeString(home.resolve(file), block.group(3));
      } else if (block.group(1).equals("sh")) {
        script.append("echo '").append(STEP).append("'\n").append(block.group(3));
      }
    }
    return script.toString();
  }

  /** Runs the script; returns what each of its blocks printed. */
  private static List<String> run(Path home, String script)
      throws IOException, InterruptedException {
    Path output = home.resolve("output.txt");
    Path errors = home.resolve("errors.txt");
    Path file = Files.writeString(home.resolve("script.sh"), script);
    ProcessBuilder builder =
        new ProcessBuilder("bash", file.toString())
            .directory(home.toFile())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile());
    builder.environment().put("WARMPATH_ENVOY", EnvoyBinary.locate().toString());
    builder.environment().put("WARMPATH_JDK", System.getProperty("java.home"));
    Process shell = builder.start();
    try {
      boolean ended = shell.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
      if (!ended || shell.exitValue() != 0) {
        throw new AssertionError(
            "%s\n%s\n%s"
                .formatted(
                    ended ? "exit code " + shell.exitValue() : "still running",
                    Files.readString(output),
                    Files.readString(errors)));
      }
    } finally {
      shell.descendants().forEach(ProcessHandle::destroyForcibly);
      shell.destroyForcibly();
    }
    List<String> blocks = new ArrayList<>(List.of(Files.readString(output).split(STEP + "\n", -1)));
    return blocks.subList(1, blocks.size());
  }

  /** The ledger's only row, out of what a block printed. */
  private static JsonNode onlyRow(String output) throws IOException {
    JsonNode rows =
        new ObjectMapper().readTree(output.substring(output.indexOf("{\n"))).path("rows");
    assertThat(rows).hasSize(1);
    return rows.get(0);
  }
}
