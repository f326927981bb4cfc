package dev.warmpath.extproc.pick;

import dev.warmpath.extproc.pick.SimulatedPool.Request;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * A generated workload: tenants of very different size, each with a system prompt, whose
 * conversations send all that was said before with each turn.
 */
final class Conversations {

  private static final int BLOCK_TOKENS = 512;

  private Conversations() {}

  static List<Request> generate(long seed, int conversations, double seconds) {
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    for (int c = 0; c < conversations; c++) {
      // Half of all conversations belong to the first of 12 tenants, half of the rest to the next.
      int tenant = Math.min(11, Long.numberOfTrailingZeros(random.nextLong()));
      long[] chain = new long[0];
      chain = grow(chain, 2 + tenant % 5, 1_000 + tenant);
      double at = random.nextDouble() * seconds;
      int turns = 1 + random.nextInt(8);
      for (int turn = 0; turn < turns; turn++) {
        chain = grow(chain, 1 + (int) (-4 * Math.log(1 - random.nextDouble())), random.nextInt());
        int tail = random.nextInt(BLOCK_TOKENS);
        requests.add(
            new Request(at, chain.length * BLOCK_TOKENS - tail, 50 + random.nextInt(400), chain));
        at += 5 - 20 * Math.log(1 - random.nextDouble());
      }
    }
    requests.sort(Comparator.comparingDouble(Request::seconds));
    return requests;
  }

  private static long[] grow(long[] chain, int blocks, int what) {
    long[] grown = Arrays.copyOf(chain, chain.length + blocks);
    for (int i = chain.length; i < grown.length; i++) {
      grown[i] = Chains.next(i == 0 ? 1 : grown[i - 1], what);
    }
    return grown;
  }
}
