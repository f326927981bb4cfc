package dev.warmpath.e2e.economics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmpath.e2e.provider.MessageUsage;
import dev.warmpath.e2e.provider.SimulatedCache;
import dev.warmpath.extproc.prompt.Dialect;
import dev.warmpath.extproc.provider.ModelEntry;
import dev.warmpath.extproc.provider.Prices;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The bill's cache against the simulated provider's, which others wrote. */
class BillPropertyTest {

  private static final long SECOND = Traffic.SECOND;
  private static final int MINIMUM_TOKENS = 1_000;
  private static final int REQUESTS = 120;

  /** Gaps that lie around what matters: answers, and both lifetimes. */
  private static final long[] GAP_SECONDS = {0, 0, 1, 2, 5, 60, 299, 300, 301, 1_800, 3_600, 3_601};

  private static final Prices PRICES = new Prices(2, 10, 0.1, 2.5, 4);

  @Property(tries = 400)
  void requests_ofAnyMarkersAndGaps_readAndWriteWhatTheSimulatedProviderSays(@ForAll long seed) {
    Random random = new Random(seed);
    Bill bill =
        new Bill(
            new ModelEntry(
                "m", Dialect.ANTHROPIC_MESSAGES, MINIMUM_TOKENS, 4, 20, List.of(), "", ""),
            PRICES);
    SimulatedCache provider = new SimulatedCache(MINIMUM_TOKENS);
    List<Prompt> prompts = new ArrayList<>();
    double usd = 0;
    long nanos = 0;
    for (int i = 0; i < REQUESTS; i++) {
      nanos += GAP_SECONDS[random.nextInt(GAP_SECONDS.length)] * SECOND;
      Prompt prompt = prompt(random, prompts);
      prompts.add(prompt);
      Arrival request = prompt.at(nanos, random.nextInt(4) * SECOND);
      int[] seconds = markers(random, request);

      MessageUsage billed = bill.add(request, seconds);

      assertThat(billed)
          .isEqualTo(provider.add(nanos, request.answerNanos(), prefixes(request, seconds)));
      usd +=
          (billed.read() * PRICES.cacheReadUsd()
                  + billed.written5m() * PRICES.cacheWrite5mUsd()
                  + billed.written1h() * PRICES.cacheWrite1hUsd()
                  + billed.uncached() * PRICES.inputUsd())
              / 1e6;
      assertThat(bill.usd()).isEqualTo(usd);
    }
  }

  /** One that was sent before, one that goes on, or a new one; few keys, so that they meet. */
  private static Prompt prompt(Random random, List<Prompt> sent) {
    Prompt prompt;
    if (sent.isEmpty() || random.nextInt(4) == 0) {
      prompt = new Prompt();
      int tools = random.nextInt(3);
      if (tools > 0) {
        prompt.tools(tools, tools * 700, 1 + random.nextInt(2), 1);
      }
      int system = random.nextInt(3);
      if (system > 0) {
        prompt.system(system, system * 600, 1);
      }
    } else {
      prompt = sent.get(Math.max(0, sent.size() - 1 - random.nextInt(6))).copy();
      if (random.nextInt(3) == 0) {
        return prompt;
      }
      prompt.answer(random.nextInt(3), 50, 1 + random.nextInt(3));
    }
    int blocks = 1 + random.nextInt(random.nextInt(3) == 0 ? 24 : 6);
    return prompt.ask(100L * blocks, 40 * blocks, blocks, 1, 1);
  }

  /** Any that the provider takes. */
  private static int[] markers(Random random, Arrival request) {
    int[] seconds = new int[Arrival.BOUNDARIES];
    int longest = Bill.HOUR_SECONDS;
    for (int i = 0; i < seconds.length; i++) {
      if (request.has(i) && random.nextBoolean()) {
        longest = random.nextBoolean() ? longest : MarkerPolicy.MINUTES_SECONDS;
        seconds[i] = longest;
      }
    }
    return seconds;
  }

  private static long[][] prefixes(Arrival request, int[] seconds) {
    long[][] prefixes = new long[request.keys().length][];
    for (int end = 0; end < prefixes.length; end++) {
      prefixes[end] =
          new long[] {request.keys()[end], request.tokens()[end], request.blocks()[end], 0};
    }
    for (int i = 0; i < seconds.length; i++) {
      if (seconds[i] > 0) {
        prefixes[request.boundaries()[i]][3] = seconds[i];
      }
    }
    return prefixes;
  }
}
