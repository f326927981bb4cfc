package dev.warmpath.envoyconfig;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.envoyconfig.Blocks.Insertion;
import dev.warmpath.envoyconfig.YamlNode.Entry;
import dev.warmpath.envoyconfig.YamlNode.Mapping;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class PatchPropertyTest {
  /** How a person might have laid out a file. */
  record Layout(
      String name, int mappingStep, int sequenceStep, int dashStep, String end, long seed) {
    /** The file of the corpus in this layout, with comments and blank lines strewn in. */
    String text() {
      Random random = new Random(seed);
      YamlWriter writer = new YamlWriter(mappingStep, sequenceStep, dashStep);
      Mapping root;
      try {
        root = YamlReader.read(SourceText.of(Corpus.text(name)));
      } catch (PatchException e) {
        throw new AssertionError(e);
      }
      List<String> lines = new ArrayList<>();
      for (Entry entry : root.entries()) {
        for (String line : writer.field(entry.key().source(), entry.value(), 0)) {
          while (random.nextInt(4) == 0) {
            int indent = random.nextBoolean() ? line.indexOf(line.strip()) : random.nextInt(30);
            lines.add(random.nextInt(3) == 0 ? "" : " ".repeat(indent) + "# - é: 😀 {[|");
          }
          lines.add(random.nextInt(5) == 0 ? line + " # why" : line);
        }
      }
      return String.join(end, lines) + (random.nextBoolean() ? end : "");
    }
  }

  @Provide
  Arbitrary<Layout> layouts() {
    return Combinators.combine(
            Arbitraries.of(Corpus.NAMES),
            Arbitraries.integers().between(1, 6),
            Arbitraries.integers().between(0, 5),
            Arbitraries.integers().between(2, 5),
            Arbitraries.of("\n", "\r\n"),
            Arbitraries.longs())
        .as(Layout::new);
  }

  @Property(tries = 60)
  void patch_anyLayout_isRemovedToTheByte(@ForAll("layouts") Layout layout) throws PatchException {
    String text = layout.text();
    SourceText patched = Patch.apply(SourceText.of(text), Corpus.everything("engines")).text();

    assertThat(Patch.remove(SourceText.of(patched.toString()))).hasToString(text);
    assertThat(Patch.apply(patched, Corpus.everything("engines")).text()).isEqualTo(patched);
  }

  @Property(tries = 60)
  void patch_anyLayout_meansTheSame(@ForAll("layouts") Layout layout) throws PatchException {
    SourceText original = SourceText.of(Corpus.text(layout.name()));

    assertThat(
            Corpus.meaning(
                Patch.apply(SourceText.of(layout.text()), Corpus.everything("engines")).text()))
        .isEqualTo(Corpus.meaning(Patch.apply(original, Corpus.everything("engines")).text()));
  }

  @Property(tries = 300)
  void blocks_anyTextAndInsertions_areRemovedToTheByte(
      @ForAll("lines") List<String> lines, @ForAll("ends") String end, @ForAll long seed)
      throws PatchException {
    Random random = new Random(seed);
    String text = String.join(end, lines) + (random.nextBoolean() ? end : "");
    SourceText original = SourceText.of(text);
    List<Insertion> insertions = new ArrayList<>();
    int size = original.lines().size();
    int line = 0;
    while (line <= size) {
      int replaced = Math.min(random.nextInt(3), size - line);
      insertions.add(
          new Insertion(line, replaced, random.nextInt(9), "some-name", List.of("  a: b", "")));
      line += Math.max(1, replaced) + random.nextInt(4);
    }

    SourceText inserted = Blocks.insert(original, insertions);

    assertThat(Blocks.remove(SourceText.of(inserted.toString()))).hasToString(text);
  }

  @Property(tries = 300)
  void diff_anyTwoTexts_turnsOneIntoTheOther(
      @ForAll("lines") List<String> before,
      @ForAll("lines") List<String> after,
      @ForAll long seed) {
    Random random = new Random(seed);
    SourceText old = SourceText.of(String.join("\n", before) + (random.nextBoolean() ? "\n" : ""));
    SourceText changed =
        SourceText.of(String.join("\n", after) + (random.nextBoolean() ? "\n" : ""));

    assertThat(applied(old, UnifiedDiff.of(old, changed, "a", "b")))
        .hasToString(changed.toString());
  }

  /** What {@code patch} does, and it checks the context as that does. */
  private static SourceText applied(SourceText old, String diff) {
    List<SourceText.Line> out = new ArrayList<>();
    int at = 0;
    String[] lines = diff.split("\n", -1);
    for (int i = 2; i < lines.length; i++) {
      String line = lines[i];
      if (line.startsWith("@@ -")) {
        String[] range = line.substring(4, line.indexOf(' ', 4)).split(",", -1);
        int start = Integer.parseInt(range[0]);
        int count = range.length > 1 ? Integer.parseInt(range[1]) : 1;
        while (at < (count == 0 ? start : start - 1)) {
          out.add(old.lines().get(at++));
        }
      } else if (line.startsWith(" ") || line.startsWith("-")) {
        assertThat(old.lines().get(at).text()).isEqualTo(line.substring(1));
        if (line.startsWith(" ")) {
          out.add(old.lines().get(at));
        }
        at++;
      } else if (line.startsWith("+")) {
        boolean unended = i + 1 < lines.length && lines[i + 1].startsWith("\\");
        out.add(new SourceText.Line(line.substring(1), unended ? "" : "\n"));
      }
    }
    while (at < old.lines().size()) {
      out.add(old.lines().get(at++));
    }
    return new SourceText("", out);
  }

  @Provide
  Arbitrary<List<String>> lines() {
    return Arbitraries.of("", "a: b", "  - c", "# warmpath: no marker", "    d: |", "é😀")
        .list()
        .ofMaxSize(30);
  }

  @Provide
  Arbitrary<String> ends() {
    return Arbitraries.of("\n", "\r\n", "\r");
  }
}
