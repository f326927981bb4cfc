package dev.warmpath.extproc.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.config.v1.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFilesTest {

  @TempDir Path directory;

  private Path file(String name) throws IOException {
    return Files.write(directory.resolve(name), (name + "-".repeat(32)).getBytes(UTF_8));
  }

  @Test
  void exportSecret_changing_leavesBlocksAndTenantsAlone() throws IOException {
    Secrets.Builder secrets =
        Secrets.newBuilder()
            .setIndexSecretFile(file("index").toString())
            .setExportSecretFile(file("export").toString());
    SecretFiles.Loaded before = SecretFiles.load(secrets.build(), directory);
    SecretFiles.Loaded during =
        SecretFiles.load(
            secrets
                .setNextExportSecretFile(file("next").toString())
                .setNextExportPercent(10)
                .build(),
            directory);
    SecretFiles.Loaded after =
        SecretFiles.load(
            secrets
                .setExportSecretFile(secrets.getNextExportSecretFile())
                .clearNextExportSecretFile()
                .clearNextExportPercent()
                .build(),
            directory);

    assertThat(during.tenantSecret()).isEqualTo(before.tenantSecret());
    assertThat(after.tenantSecret()).isEqualTo(before.tenantSecret());
    assertThat(during.keys().indexTag()).isEqualTo(before.keys().indexTag());
    assertThat(after.keys().indexTag()).isEqualTo(before.keys().indexTag());
    assertThat(before.keys().exportTag())
        .isNotEqualTo(during.keys().exportTag())
        .isNotEqualTo(after.keys().exportTag());
  }

  @Test
  void secret_tooShort_isRefusedByName() throws IOException {
    Path index = Files.writeString(directory.resolve("short"), "short");

    assertThatThrownBy(
            () ->
                SecretFiles.load(
                    Secrets.newBuilder().setIndexSecretFile(index.toString()).build(), directory))
        .isInstanceOf(IOException.class)
        .hasMessage(index + ": 5 bytes (expected: at least 32)");
  }
}
