package dev.warmpath.extproc.pick;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a pick costs with 64 endpoints and prompts of 800 blocks, each endpoint holding a different
 * part of the prompt. Asserts allocation, which is the same everywhere; prints processor time,
 * which isn't.
 */
class PickCostTest {

  private static final int ENDPOINTS = 64;
  private static final int BLOCKS = 800;

  private final PoolPicker picker = new PoolPicker(PickSettings.DEFAULTS);
  private final Pick pick = new Pick();
  private final PrefixBlocks prompt = Chains.distinct(1, BLOCKS, 100);

  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  /** Of this thread: what others do on the machine meanwhile doesn't count. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private void fill() {
    List<EndpointState> view = new ArrayList<>();
    for (int i = 0; i < ENDPOINTS; i++) {
      view.add(EndpointState.of("10.0.0." + i + ":8000"));
    }
    picker.endpoints(view, 0);
    for (int i = 0; i < ENDPOINTS; i++) {
      String address = view.get(i).address();
      // Other prompts first, so that beliefs are as large as caches are.
      for (int other = 0; other < 6; other++) {
        place(address, Chains.distinct(1_000 + 64 * other + i, BLOCKS, 100), BLOCKS);
      }
      place(address, prompt, 1 + i * 12);
    }
  }

  private void place(String address, PrefixBlocks prefix, int count) {
    long[] blocks = new long[count];
    for (int b = 0; b < count; b++) {
      blocks[b] = prefix.block(b);
    }
    picker.peerPlacement(address, blocks, 100L * count);
  }

  @Test
  void pick_64Endpoints800Blocks_allocatesNothing() {
    fill();
    for (int i = 0; i < 20_000; i++) {
      picker.pick(prompt, i, pick);
    }
    int picks = 20_000;
    long bytesBefore = allocated();
    long began = cpuNanos();
    for (int i = 0; i < picks; i++) {
      picker.pick(prompt, i, pick);
    }
    long nanos = cpuNanos() - began;
    long bytes = allocated() - bytesBefore;
    System.out.printf(
        "pick, %d endpoints, %d blocks: %.2f us, %.2f bytes%n",
        ENDPOINTS, BLOCKS, nanos / 1e3 / picks, (double) bytes / picks);

    assertThat(pick.heldTokens()).isEqualTo(100 * (1 + 63 * 12));
    assertThat(bytes / picks).isZero();
  }

  @Test
  void dispatch_64Endpoints800Blocks_allocatesOneCopyOfTheBlocks() {
    fill();
    long before = 0;
    int rounds = 3_000;
    long began = 0;
    for (int i = -1_000; i < rounds; i++) {
      if (i == 0) {
        before = allocated();
        began = cpuNanos();
      }
      Plan plan = picker.dispatch(prompt, i, pick);
      if (plan != null) {
        picker.end(plan, Outcome.SERVED, i);
      }
    }
    long bytes = (allocated() - before) / rounds;
    System.out.printf(
        "dispatch and end: %.2f us, %d bytes%n", (cpuNanos() - began) / 1e3 / rounds, bytes);

    assertThat(bytes).isLessThan(BLOCKS * (Long.BYTES + Integer.BYTES) + 300);
  }
}
