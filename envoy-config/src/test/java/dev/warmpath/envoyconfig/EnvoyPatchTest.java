package dev.warmpath.envoyconfig;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnvoyPatchTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path folder = Path.of("");
  private Path file = Path.of("");

  @BeforeEach
  void writeFile() throws IOException {
    file = folder.resolve("envoy.yaml");
    Files.writeString(file, Corpus.text("minimal"));
  }

  private int run(String... arguments) {
    return EnvoyPatch.run(
        new PrintWriter(out),
        new PrintWriter(err),
        Stream.concat(Stream.of(file.toString()), Stream.of(arguments)).toArray(String[]::new));
  }

  @Test
  void run_byDefault_printsTheDifferenceAndWritesNothing() throws IOException {
    assertThat(run()).isZero();

    assertThat(out.toString())
        .startsWith("--- " + file + "\n+++ " + file + "\n@@ -14,9 +14,")
        .contains("+          - name: warmpath.decide\n");
    assertThat(out.toString().lines().filter(line -> line.startsWith("-"))).hasSize(1);
    assertThat(err.toString()).isEmpty();
    assertThat(file).hasContent(Corpus.text("minimal"));
  }

  @Test
  void run_writeThenRemove_restoresTheFile() throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));

    assertThat(run("--write")).isZero();
    assertThat(Files.readString(file)).contains("warmpath.decide");
    assertThat(run("--write")).isZero();
    assertThat(run("--remove", "--write")).isZero();

    assertThat(out.toString().lines())
        .containsExactly(
            file + ": Warmpath added", file + ": nothing to change", file + ": Warmpath removed");
    assertThat(Files.readString(file)).isEqualTo(Corpus.text("minimal"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-r-----");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void run_writeThroughALink_keepsTheLink() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link.yaml"), file);
    file = link;

    assertThat(run("--write")).isZero();

    assertThat(link).isSymbolicLink();
    assertThat(Files.readString(folder.resolve("envoy.yaml"))).contains("warmpath.decide");
  }

  @Test
  void run_output_leavesTheFileAlone() throws IOException {
    Path other = folder.resolve("patched.yaml");

    assertThat(run("-o", other.toString(), "--ext-proc", "unix:/run/w.sock")).isZero();

    assertThat(Files.readString(other)).contains("path: \"/run/w.sock\"");
    assertThat(file).hasContent(Corpus.text("minimal"));
  }

  @Test
  void run_faults_areAllOnStandardErrorWithFileAndLine() throws IOException {
    Files.writeString(
        file,
        Corpus.text("minimal")
            .replace("cluster: engines,", "cluster: one,")
            .replace("router.v3.Router", "cors.v3.Cors")
            .replace("envoy.filters.http.router", "cors"));

    assertThat(run("--write")).isEqualTo(1);

    List<String> lines = err.toString().lines().toList();
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0))
        .startsWith(file + ":19: ")
        .endsWith("(expected: http_filters with the router last)");
    assertThat(lines.get(1)).startsWith(file + ":18: ").contains(": one (expected: a cluster of");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--ext-proc=10.0.0.1:9002",
        "--ext-proc=localhost:9002",
        "--ext-proc=nowhere",
        "--ext-proc=127.0.0.1:0",
        "--route-limit=4MB",
        "--route-limit=1KiB0",
        "--route-limit=129MiB",
        "--ext-proc-cert=a.pem",
        "--strip-header=X Tenant",
        "--nonsense"
      })
  void run_wrongUsage_exits2(String argument) {
    assertThat(run(argument)).isEqualTo(2);

    assertThat(err.toString())
        .contains(
            argument.substring(
                0, argument.indexOf('=') < 0 ? argument.length() : argument.indexOf('=')));
  }

  @Test
  void run_notUtf8_isRefused() throws IOException {
    Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xFF});

    assertThat(run()).isEqualTo(1);
    assertThat(err.toString()).isEqualTo(file + ":0: : not UTF-8 (expected: UTF-8)\n");
  }
}
