package dev.warmpath.e2e.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The archive that {@code mvn package} leaves, unpacked elsewhere and run. */
class ArchiveIT {
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
}
