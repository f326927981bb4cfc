package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ValidateTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path folder;

  private int validate(Path... files) {
    CommandLine commandLine =
        Validate.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] arguments = new String[files.length];
    for (int i = 0; i < files.length; i++) {
      arguments[i] = files[i].toString();
    }
    return commandLine.execute(arguments);
  }

  @Test
  void execute_shippedExample_isValidWithoutWarnings() {
    assertThat(validate(Path.of("../conf/example.yaml"))).isZero();
    assertThat(out).hasToString("../conf/example.yaml: valid\n");
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void execute_faults_goToStandardErrorAndExitWith1() throws IOException {
    Path file = Files.writeString(folder.resolve("w.yaml"), "routes: []\nsecret: sk-ant-123\n");

    assertThat(validate(file)).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString())
        .contains("w.yaml:1: routes: a list (expected: a list of 1 to 1000 entries)")
        .contains("w.yaml:2: secret: unknown key")
        .doesNotContain("sk-ant-123");
  }

  @Test
  void execute_fileThatCantBeRead_saysWhy() throws IOException {
    Path bytes = Files.write(folder.resolve("b.yaml"), new byte[] {'a', (byte) 0xFF});
    Path large = Files.write(folder.resolve("l.yaml"), new byte[ConfigFile.MAX_FILE_BYTES + 1]);

    assertThat(validate(folder.resolve("none"), folder, bytes, large)).isEqualTo(1);
    assertThat(err.toString())
        .contains("none: no such file (expected: a file)")
        .contains("can't be read: Is a directory")
        .contains("b.yaml: bytes that are not UTF-8 (expected: UTF-8)")
        .contains("l.yaml: a larger file (expected: at most 4MiB)");
  }

  @Test
  void execute_noFile_exitsWith2() {
    assertThat(validate()).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: warmpath validate");
  }
}
