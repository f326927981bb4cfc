package dev.warmpath.extproc.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmpath.config.ConfigException;
import dev.warmpath.extproc.CatalogueFile;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.ModelEntry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over a real file; the test looks, at the times that it chooses. */
class CatalogueWatchTest {
  private static final String MODEL = "claude-opus-5";

  @TempDir private Path folder;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private Path file;
  private LocalDate today = LocalDate.of(2026, 11, 21);
  private CatalogueWatch watch;

  @BeforeEach
  void open() throws Exception {
    file = folder.resolve("catalogue.yaml");
    write(700);
    watch = CatalogueWatch.open(file, () -> CatalogueFile.read(List.of(), file), () -> today);
    watch.bind(registry);
  }

  @AfterEach
  void close() {
    watch.close();
  }

  private void write(int minimum) throws IOException {
    Files.writeString(
        file,
        """
        models:
          - patterns: [%s]
            apis: [anthropic_messages]
            minimum: {tokens: %d}
            prices:
              - {from: "2026-11-01", tiers: [{input_usd: 5, output_usd: 25, read_usd: 1}]}
              - {from: "2026-12-01", tiers: [{input_usd: 4, output_usd: 20, read_usd: 1}]}
            origin: {source: contract, verified: "2026-11-20", evidence: primary}
        """
            .formatted(MODEL, minimum));
  }

  private ModelEntry row() {
    return watch.catalogue().find(Dialect.ANTHROPIC_MESSAGES, MODEL).orElseThrow();
  }

  private double reloads(String result) {
    return registry
        .get("warmpath.catalogue.reloads")
        .tag("result", result)
        .functionCounter()
        .count();
  }

  private double refused() {
    return registry.get("warmpath.catalogue.refused").gauge().value();
  }

  @Test
  void look_unchangedFile_takesNothing() {
    ModelEntry before = row();

    watch.look();

    assertThat(row()).isSameAs(before);
    assertThat(reloads("taken")).isZero();
  }

  @Test
  void look_goodNewVersion_isInForceForThoseWhoHoldTheCatalogue() throws Exception {
    assertThat(row().minCacheTokens()).isEqualTo(700);

    write(800);
    watch.look();

    assertThat(row().minCacheTokens()).isEqualTo(800);
    assertThat(reloads("taken")).isOne();
    assertThat(reloads("refused")).isZero();
  }

  @Test
  void look_badNewVersion_leavesTheLastGoodInForceAndIsCountedOnce() throws Exception {
    write(800);
    watch.look();

    Files.writeString(file, "models: [{patterns: [x], colour: red}]");
    watch.look();
    watch.look();

    assertThat(row().minCacheTokens()).isEqualTo(800);
    assertThat(reloads("refused")).isOne();
    assertThat(refused()).isOne();

    write(900);
    watch.look();
    assertThat(row().minCacheTokens()).isEqualTo(900);
    assertThat(refused()).isZero();
  }

  @Test
  void look_fileGone_leavesTheLastGoodInForce() throws Exception {
    Files.delete(file);
    watch.look();

    assertThat(row().minCacheTokens()).isEqualTo(700);
    assertThat(reloads("refused")).isOne();
  }

  /** As a mounted ConfigMap changes: what the name stands for is another file. */
  @Test
  void look_linkThatPointsElsewhere_isANewVersion() throws Exception {
    Path other = folder.resolve("other.yaml");
    Files.writeString(other, Files.readString(file).replace("700", "750"));
    Files.delete(file);
    Files.createSymbolicLink(file, other);

    watch.look();

    assertThat(row().minCacheTokens()).isEqualTo(750);
  }

  @Test
  void look_newDay_turnsToItsPrices() {
    assertThat(row().prices(10).orElseThrow().inputUsd()).isEqualTo(5);

    today = LocalDate.of(2026, 12, 1);
    watch.look();

    assertThat(row().prices(10).orElseThrow().inputUsd()).isEqualTo(4);
    assertThat(reloads("taken")).isZero();
  }

  @Test
  void open_faultyFile_isRefusedWithEveryFault() throws Exception {
    Files.writeString(file, "models: [{patterns: [x], colour: red}]");

    assertThatThrownBy(
            () -> CatalogueWatch.open(file, () -> CatalogueFile.read(List.of(), file), () -> today))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll("models[0].colour", "models[0].apis", "models[0].origin");
  }
}
