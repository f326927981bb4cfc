package dev.warmpath.extproc.volatility;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class VerbatimPropertyTest {

  private static String sentence(Random random) {
    StringBuilder sentence = new StringBuilder();
    for (int word = 0; word < 9; word++) {
      for (int letter = 0; letter < 5; letter++) {
        sentence.append((char) ('a' + random.nextInt(26)));
      }
      sentence.append(word == 8 ? ".\n" : " ");
    }
    return sentence.toString();
  }

  @Property
  void share_sentencesInAnyOrder_isAll(
      @ForAll @IntRange(min = 1, max = 12) int count, @ForAll long seed) {
    Random random = new Random(seed);
    List<String> sentences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      sentences.add(sentence(random));
    }
    long[] then = VerbatimTest.tokens(String.join("", sentences));
    Collections.shuffle(sentences, random);

    assertThat(Verbatim.share(then, VerbatimTest.tokens(String.join("", sentences))))
        .isEqualTo(1.0);
  }

  /** Few different words meet in all ways, and stretches of them overlap. */
  @Property(tries = 2000)
  void share_anyWords_isAShareWhicheverComesFirst(
      @ForAll @Size(max = 120) List<@IntRange(max = 9) Integer> then,
      @ForAll @Size(max = 120) List<@IntRange(max = 9) Integer> now) {
    long[] before = VerbatimTest.tokens(text(then));
    long[] after = VerbatimTest.tokens(text(now));

    double share = Verbatim.share(before, after);

    assertThat(share).isBetween(0.0, 1.0).isEqualTo(Verbatim.share(after, before));
  }

  private static String text(List<Integer> words) {
    StringBuilder text = new StringBuilder();
    for (int word : words) {
      text.append("word").append((char) ('a' + word)).append(' ');
    }
    return text.toString();
  }
}
