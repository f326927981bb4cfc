package dev.warmpath.extproc.usage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Whatever is reported, what is known afterwards is consistent. Small numbers, so that they meet.
 */
class UsagePropertyTest {

  @Property(tries = 5000)
  void known_counts_neverContradictEachOther(@ForAll long seed) {
    Usage usage = usage(new Random(seed));

    if (usage.readTokens() >= 0 && usage.writtenTokens() >= 0 && usage.uncachedTokens() >= 0) {
      assertThat(usage.inputTokens())
          .isEqualTo(usage.readTokens() + usage.writtenTokens() + usage.uncachedTokens());
    }
    if (usage.inputTokens() >= 0) {
      assertThat(
              known(usage.readTokens())
                  + known(usage.writtenTokens())
                  + known(usage.uncachedTokens()))
          .isLessThanOrEqualTo(usage.inputTokens());
    }
    if (usage.writtenTokens() >= 0) {
      assertThat(known(usage.written5mTokens()) + known(usage.written1hTokens()))
          .isLessThanOrEqualTo(usage.writtenTokens());
    }
    if (usage.written5mTokens() >= 0 && usage.written1hTokens() >= 0) {
      assertThat(usage.writtenTokens())
          .isEqualTo(usage.written5mTokens() + usage.written1hTokens());
    }
  }

  @Property(tries = 5000)
  void completion_ofACompletedOne_changesNothing(@ForAll long seed) {
    Usage usage = usage(new Random(seed));

    assertThat(
            new Usage(
                usage.readTokens(),
                usage.writtenTokens(),
                usage.written5mTokens(),
                usage.written1hTokens(),
                usage.uncachedTokens(),
                usage.inputTokens(),
                usage.outputTokens()))
        .isEqualTo(usage);
  }

  @Property(tries = 2000)
  void filling_neverChangesWhatIsKnown(@ForAll long seed) {
    Random random = new Random(seed);
    Usage known = usage(random);
    Usage filled = known.filledFrom(usage(random));

    assertThat(filled.filledFrom(known)).isEqualTo(filled);
    if (known.readTokens() >= 0) {
      assertThat(filled.readTokens()).isEqualTo(known.readTokens());
    }
    if (known.inputTokens() >= 0) {
      assertThat(filled.inputTokens()).isEqualTo(known.inputTokens());
    }
    if (known.written1hTokens() >= 0) {
      assertThat(filled.written1hTokens()).isEqualTo(known.written1hTokens());
    }
  }

  private static Usage usage(Random random) {
    return new Usage(
        count(random),
        count(random),
        count(random),
        count(random),
        count(random),
        count(random),
        count(random));
  }

  private static long count(Random random) {
    return random.nextInt(3) == 0 ? Usage.UNKNOWN_TOKENS : random.nextInt(7);
  }

  private static long known(long tokens) {
    return Math.max(tokens, 0);
  }
}
