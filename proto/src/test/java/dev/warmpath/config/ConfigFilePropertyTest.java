package dev.warmpath.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.config.v1.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** What holds for whatever a person may do to a file. */
class ConfigFilePropertyTest {
  private static final String PIECES = "{}[]:,-#&*!|>'\"%@`?~ \n\tab0.9nulltruesMiB\u00e4\u2028";

  private static String example() throws IOException {
    return Files.readString(Path.of("../conf/example.yaml"));
  }

  @Property(tries = 400)
  void parse_damagedFile_isReadOrRefusedWithFaultsInTheFile(
      @ForAll Random random, @ForAll @IntRange(min = 1, max = 8) int damages) throws IOException {
    String yaml = damaged(example(), random, damages);
    long lines = yaml.lines().count() + 1;

    try {
      Config config = ConfigFile.parse(yaml, "w");
      assertThat(ConfigFile.accept(config, "again")).isEqualTo(config);
    } catch (ConfigException refused) {
      assertThat(refused.faults())
          .isNotEmpty()
          .allSatisfy(
              fault -> {
                assertThat((long) fault.line()).isBetween(0L, lines);
                assertThat(fault.expected()).isNotEmpty();
                assertThat(fault.toString().codePoints()).noneMatch(Character::isISOControl);
              });
    }
  }

  private static String damaged(String text, Random random, int damages) {
    List<String> lines = new ArrayList<>(text.lines().filter(l -> !l.isBlank()).toList());
    for (int i = 0; i < damages; i++) {
      int at = random.nextInt(lines.size());
      String line = lines.get(at);
      int column = random.nextInt(line.length() + 1);
      switch (random.nextInt(5)) {
        case 0 -> lines.remove(at);
        case 1 -> lines.add(at, lines.get(random.nextInt(lines.size())));
        case 2 -> lines.set(at, line.substring(0, column));
        case 3 -> lines.set(at, " ".repeat(random.nextInt(4)) + line.strip());
        default ->
            lines.set(
                at,
                line.substring(0, column)
                    + PIECES.charAt(random.nextInt(PIECES.length()))
                    + line.substring(column));
      }
    }
    return String.join("\n", lines) + "\n";
  }
}
