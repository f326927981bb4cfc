package dev.warmpath.extproc.pick;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

class BeliefPropertyTest {

  /** What may happen to a belief. */
  sealed interface Step {
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Place(int[] parts) implements Step {}

    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Truncate(int[] parts, int from) implements Step {}

    record Capacity(long tokens) implements Step {}

    record Clear() implements Step {}
  }

  /** The obvious one. */
  private static final class Model {

    private final Map<Long, Integer> tokens = new LinkedHashMap<>(16, 0.75f, true);
    private final int maxBlocks;
    private long capacity;

    Model(long capacity, int maxBlocks) {
      this.capacity = capacity;
      this.maxBlocks = maxBlocks;
    }

    long held() {
      return tokens.values().stream().mapToLong(t -> t).sum();
    }

    int prefix(PrefixBlocks prompt) {
      int held = 0;
      while (held < prompt.count() && tokens.containsKey(prompt.block(held))) {
        held++;
      }
      return held;
    }

    void apply(Step step, PrefixBlocks prompt) {
      switch (step) {
        case Step.Place _ -> {
          int fitting = Math.min(prompt.count(), maxBlocks);
          while (prompt.tokensUpTo(fitting) > capacity) {
            fitting--;
          }
          for (int i = fitting - 1; i >= 0; i--) {
            tokens.put(prompt.block(i), prompt.tokensUpTo(i + 1) - prompt.tokensUpTo(i));
          }
        }
        case Step.Truncate truncate -> {
          for (int i = truncate.from(); i < prompt.count(); i++) {
            tokens.remove(prompt.block(i));
          }
        }
        case Step.Capacity(long newCapacity) -> capacity = newCapacity;
        case Step.Clear _ -> tokens.clear();
      }
      Iterator<Long> oldest = tokens.keySet().iterator();
      while (tokens.size() > maxBlocks || held() > capacity) {
        oldest.next();
        oldest.remove();
      }
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    // Few values and short parts, so that prompts share beginnings and branch.
    Arbitrary<int[]> parts =
        Arbitraries.integers().between(0, 2).array(int[].class).ofMinSize(0).ofMaxSize(12);
    Arbitrary<Step> place = parts.map(Step.Place::new);
    Arbitrary<Step> truncate =
        Combinators.combine(parts, Arbitraries.integers().between(0, 8)).as(Step.Truncate::new);
    Arbitrary<Step> capacity = Arbitraries.longs().between(1, 5_000).map(Step.Capacity::new);
    return Arbitraries.frequencyOf(
            Tuple.of(20, place),
            Tuple.of(2, truncate),
            Tuple.of(1, capacity),
            Tuple.of(1, Arbitraries.just(new Step.Clear())))
        .list()
        .ofMaxSize(120);
  }

  @Property(tries = 400)
  void belief_anySteps_holdsWhatTheModelHolds(
      @ForAll("steps") List<Step> steps, @ForAll @IntRange(min = 1, max = 60) int maxBlocks) {
    Belief belief = new Belief(2_000, maxBlocks);
    Model model = new Model(2_000, maxBlocks);
    List<PrefixBlocks> seen = new ArrayList<>();
    boolean cut = false;
    for (Step step : steps) {
      PrefixBlocks prompt = Chains.prompt(partsOf(step));
      seen.add(prompt);
      switch (step) {
        case Step.Place _ -> belief.place(prompt);
        case Step.Truncate truncate -> {
          belief.truncate(prompt, truncate.from());
          cut = true;
        }
        case Step.Capacity(long tokens) -> belief.capacityTokens(tokens);
        case Step.Clear _ -> {
          belief.clear();
          cut = false;
        }
      }
      model.apply(step, prompt);

      assertThat(belief.blocks()).isEqualTo(model.tokens.size());
      assertThat(belief.tokens()).isEqualTo(model.held());
      for (PrefixBlocks each : seen) {
        int longest = belief.longestPrefix(each);
        int truth = model.prefix(each);
        assertThat(longest).isGreaterThanOrEqualTo(truth);
        if (!cut) {
          assertThat(longest).isEqualTo(truth);
        }
        assertThat(belief.verifiedPrefix(each.blockArray(), longest)).isEqualTo(truth);
      }
    }
  }

  private static int[] partsOf(Step step) {
    return switch (step) {
      case Step.Place place -> place.parts();
      case Step.Truncate truncate -> truncate.parts();
      case Step.Capacity _, Step.Clear _ -> new int[0];
    };
  }
}
