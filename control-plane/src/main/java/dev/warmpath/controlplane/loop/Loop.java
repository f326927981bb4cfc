package dev.warmpath.controlplane.loop;

import dev.warmpath.controlplane.snapshot.Decisions;
import java.util.List;

/**
 * A control loop: reads what was observed and what is in force, and proposes. Pure but for its own
 * memory (runs of agreement, the last push); time is the state's. One owner calls it, at a steady
 * pace, with states whose time never goes back. After its start, and so after a restart, it watches
 * for {@link LoopSettings#blackoutNanos} before it proposes anything.
 */
public interface Loop {

  /** What it decides about. */
  LoopName name();

  /**
   * Looks once.
   *
   * @param inForce what its proposals would change: what is served, or in forecast mode what would
   *     be
   */
  Outcome look(FleetState state, Decisions inForce);

  /**
   * What a look gave.
   *
   * @param proposals each to be applied on its own
   * @param held what the loop sees but doesn't act upon, and why: for people
   */
  record Outcome(List<Proposal> proposals, List<String> held) {
    public static final Outcome NOTHING = new Outcome(List.of(), List.of());

    public Outcome {
      proposals = List.copyOf(proposals);
      held = List.copyOf(held);
    }
  }

  /**
   * A change that a loop wants.
   *
   * @param reason the rule and the numbers that led to it, for people
   */
  record Proposal(LoopName loop, Change change, String reason) {}
}
