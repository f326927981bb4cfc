package dev.warmpath.e2e.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive that {@code mvn package} leaves, unpacked elsewhere and run. */
class ArchiveIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SECRET = "plum-orchard-seven";
  private static final int LOG_REQUESTS = 12;

  @TempDir private static Path folder;
  private static Path home = Path.of("");

  @BeforeAll
  static void unpack() throws IOException, InterruptedException {
    Path archive;
    try (Stream<Path> files = Files.list(Path.of("target").toAbsolutePath())) {
      archive = files.filter(file -> file.toString().endsWith(".tar.gz")).findFirst().orElseThrow();
    }
    Launch tar = Launch.run(folder, Map.of(), List.of("tar", "xzf", archive.toString()));
    assertThat(tar).isEqualTo(new Launch(0, "", ""));
    home = folder.resolve(archive.getFileName().toString().replace(".tar.gz", ""));
  }

  @Test
  void archive_unpacked_hasWhatAReaderNeeds() {
    assertThat(home)
        .isDirectoryContaining("glob:**/LICENSE")
        .isDirectoryContaining("glob:**/README.md");
    assertThat(home.resolve("docs/configuration.md")).exists();
    assertThat(home.resolve("conf/example.yaml")).exists();
    assertThat(home.resolve("lib")).isDirectoryNotContaining("glob:**junit*");
  }

  @Test
  void validate_fromAnotherFolderOverALink_runsWithoutABuild() throws Exception {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Path link = Files.createSymbolicLink(elsewhere.resolve("w"), home.resolve("bin/warmpath"));
    String example = home.resolve("conf/example.yaml").toString();

    assertThat(Launch.run(elsewhere, Map.of(), List.of(link.toString(), "validate", example)))
        .isEqualTo(new Launch(0, example + ": valid\n", ""));
  }

  @Test
  void validate_faultyFile_exitsWith1() throws Exception {
    Path file = Files.writeString(folder.resolve("w.yaml"), "rotues: []\n");

    Launch launch =
        Launch.run(
            folder,
            Map.of(),
            List.of(home.resolve("bin/warmpath").toString(), "validate", "w.yaml"));

    assertThat(file).exists();
    assertThat(launch.exitCode()).isEqualTo(1);
    assertThat(launch.err()).contains("w.yaml:1: rotues: unknown key (expected: a known one; did");
  }

  @Test
  void catalogue_ofAFileAndAProvider_listsTheFilesRowsBeforeTheShipped() throws Exception {
    Files.writeString(
        folder.resolve("mine.yaml"),
        """
        models:
        - provider: anthropic
          patterns: [claude-mine]
          apis: [anthropic_messages]
          origin: {source: us, verified: "2026-11-20", evidence: memory}
        """);

    Launch launch =
        Launch.run(
            folder,
            Map.of(),
            List.of(
                home.resolve("bin/warmpath").toString(),
                "catalogue",
                "--file",
                "mine.yaml",
                "--provider",
                "anthropic"));

    assertThat(launch.exitCode()).isZero();
    assertThat(launch.err()).isEmpty();
    assertThat(launch.out()).containsSubsequence("claude-mine", "memory", "claude-opus-5-5");
  }

  // What explain says is ExplainTest's subject; here it is that it gets there, and out again.

  @Test
  void explain_twoBodies_tellsWhereTheyPartAndNoText() throws Exception {
    Files.writeString(folder.resolve("a.json"), body(10));
    Files.writeString(folder.resolve("b.json"), body(11));

    Launch launch = explain("\"$0\" explain a.json b.json");

    assertThat(launch.exitCode()).as(launch.err()).isZero();
    assertThat(launch.out()).contains("The prompts part at system[0]+", "time_stamp");
    assertNoText(launch);
  }

  @Test
  void explain_logAsJson_tellsTheFindingAndNoText() throws Exception {
    Files.writeString(folder.resolve("log.jsonl"), log());

    Launch launch = explain("\"$0\" explain --json log.jsonl");

    assertThat(launch.exitCode()).as(launch.err()).isZero();
    JsonNode json = JSON.readTree(launch.out());
    assertThat(json.path("requests").intValue()).isEqualTo(LOG_REQUESTS);
    assertThat(json.path("findings")).hasSize(1);
    assertThat(json.at("/findings/0/kind").textValue()).isEqualTo("time_stamp");
    assertThat(json.at("/findings/0/offset").intValue()).isEqualTo("It is ".length());
    assertNoText(launch);
  }

  @Test
  void explain_logOnStandardInput_isReadAndItsTextShownWhenAskedFor() throws Exception {
    Files.writeString(folder.resolve("log.jsonl"), log());

    Launch launch = explain("\"$0\" explain - <log.jsonl");
    Launch shown = explain("\"$0\" explain --show-text - <log.jsonl");

    assertThat(launch.exitCode()).as(launch.err()).isZero();
    assertThat(launch.out()).contains(LOG_REQUESTS + " requests, one finding.", "time_stamp");
    assertNoText(launch);
    assertThat(shown.out()).contains("text: It is 13:");
  }

  @Test
  void explain_bodyThatIsNone_namesItAndExitsWith1() throws Exception {
    Files.writeString(folder.resolve("a.json"), body(10));
    Files.writeString(folder.resolve("c.json"), "{\"messages\":[\"" + SECRET);

    Launch launch = explain("\"$0\" explain a.json c.json");

    assertThat(launch.exitCode()).isEqualTo(1);
    assertThat(launch.err()).contains("c.json: ");
    assertNoText(launch);
  }

  /** In the folder, {@code $0} being the launcher. */
  private static Launch explain(String command) throws Exception {
    String launcher = home.resolve("bin/warmpath").toString();
    return Launch.run(folder, Map.of(), List.of("sh", "-c", command, launcher));
  }

  private static String log() {
    return IntStream.range(0, LOG_REQUESTS)
        .mapToObj(i -> body(i + 10) + '\n')
        .collect(Collectors.joining());
  }

  private static String body(int minute) {
    return """
    {"model":"claude-opus-5","max_tokens":9,"system":"It is 13:%02d. %s Keep to the handbook.",\
    "messages":[{"role":"user","content":"Question %d"}]}\
    """
        .formatted(minute, SECRET, minute * 7919);
  }

  private static void assertNoText(Launch launch) {
    assertThat(launch.out() + launch.err()).doesNotContain(SECRET, "13:1", "handbook", "Question");
  }
}
