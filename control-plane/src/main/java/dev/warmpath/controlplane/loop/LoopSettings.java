package dev.warmpath.controlplane.loop;

import com.google.protobuf.util.Durations;
import dev.warmpath.config.v1.Config;
import dev.warmpath.config.v1.Loops;
import dev.warmpath.config.v1.Mode;

/** The configuration's {@code loops}, which documents each field. */
public record LoopSettings(
    Mode weight,
    Mode health,
    Mode hashKey,
    long intervalNanos,
    long weightPushIntervalNanos,
    double weightDeadband,
    double weightStep,
    int unhealthyThreshold,
    int healthyThreshold,
    double maxUnhealthyShare) {

  /** gRFC A58 waits 10 s; that is ten of the default intervals. */
  private static final int BLACKOUT_INTERVALS = 10;

  /** The settings of a configuration that the reader has completed with its defaults. */
  public static LoopSettings of(Config config) {
    Loops loops = config.getLoops();
    return new LoopSettings(
        mode(loops.getWeight()),
        mode(loops.getHealth()),
        mode(loops.getHashKey()),
        Durations.toNanos(loops.getInterval()),
        Durations.toNanos(loops.getWeightPushInterval()),
        loops.getWeightDeadband(),
        loops.getWeightStep(),
        loops.getUnhealthyThreshold(),
        loops.getHealthyThreshold(),
        loops.getMaxUnhealthyShare());
  }

  /** How far a loop may go: OFF, FORECAST or ACTIVE. */
  public Mode mode(LoopName loop) {
    return switch (loop) {
      case WEIGHT -> weight;
      case HEALTH -> health;
      case HASH_KEY -> hashKey;
    };
  }

  /** How long a loop only watches after its start. */
  public long blackoutNanos() {
    return BLACKOUT_INTERVALS * intervalNanos;
  }

  /** An unset mode is FORECAST, as the fields document. */
  private static Mode mode(Mode configured) {
    return configured == Mode.MODE_UNSPECIFIED ? Mode.FORECAST : configured;
  }
}
