package dev.warmpath.controlplane;

import dev.warmpath.config.v1.Mode;
import dev.warmpath.controlplane.fleet.EndpointViews;
import dev.warmpath.controlplane.loop.FleetState;
import dev.warmpath.controlplane.loop.HashKeyLoop;
import dev.warmpath.controlplane.loop.HealthLoop;
import dev.warmpath.controlplane.loop.Loop;
import dev.warmpath.controlplane.loop.LoopName;
import dev.warmpath.controlplane.loop.LoopSettings;
import dev.warmpath.controlplane.loop.WeightLoop;
import dev.warmpath.fleet.v1.EndpointView;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Lets the loops look, each in its mode, hands what they propose to the writer, and tells replicas
 * what came of it. Confined to the control executor, but for {@link #held}.
 */
final class LoopRunner {
  private final DecisionWriter writer;
  private final Consumer<EndpointView> replicas;
  private final PlaneMeters meters;
  private final EndpointViews views = new EndpointViews();
  private LoopSettings settings;
  private List<Loop> loops;
  private boolean looked;
  private long lastLookNanos;
  private volatile Map<LoopName, List<String>> held = Map.of();

  /**
   * @param replicas takes each view that is to be sent
   */
  LoopRunner(
      DecisionWriter writer,
      Consumer<EndpointView> replicas,
      PlaneMeters meters,
      LoopSettings settings) {
    this.writer = writer;
    this.replicas = replicas;
    this.meters = meters;
    this.settings = settings;
    this.loops = loops(settings);
  }

  /** Takes other settings; the loops then watch anew. */
  void settings(LoopSettings next) {
    if (!next.equals(settings)) {
      settings = next;
      loops = loops(next);
    }
  }

  /**
   * Looks, when it is time, and sends a view, when there is one to send. Called more often than the
   * loops' interval, so that views are fresh however long that is. While the state isn't settled no
   * loop looks: all that is decided stays as it is.
   */
  void tick(FleetState state) {
    if (!state.settled()) {
      meters.tickHeld();
    } else if (!looked || state.nowNanos() - lastLookNanos >= settings.intervalNanos()) {
      looked = true;
      lastLookNanos = state.nowNanos();
      look(state);
    }
    views.next(state, writer.served().decisions()).ifPresent(replicas);
  }

  /** What each loop sees but doesn't act upon; may be read by any thread. */
  Map<LoopName, List<String>> held() {
    return held;
  }

  private void look(FleetState state) {
    var nowHeld = new EnumMap<LoopName, List<String>>(LoopName.class);
    for (Loop loop : loops) {
      Mode mode = settings.mode(loop.name());
      if (mode == Mode.OFF || writer.served().standing().frozen().contains(loop.name())) {
        continue;
      }
      Loop.Outcome outcome = loop.look(state, writer.basis(mode));
      for (Loop.Proposal proposal : outcome.proposals()) {
        meters.proposed(loop.name(), writer.propose(proposal, mode));
      }
      nowHeld.put(loop.name(), outcome.held());
    }
    held = nowHeld;
  }

  private static List<Loop> loops(LoopSettings settings) {
    return List.of(
        new WeightLoop(settings, RandomGenerator.getDefault()),
        new HealthLoop(settings),
        new HashKeyLoop(settings));
  }
}
