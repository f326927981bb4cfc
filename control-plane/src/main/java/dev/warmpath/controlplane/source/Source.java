package dev.warmpath.controlplane.source;

import dev.warmpath.config.Fault;
import dev.warmpath.config.v1.Config;
import java.util.List;

/**
 * Where the configuration, and with it pools and endpoints, comes from. Today a file; a watch of
 * Kubernetes would fill in the pools' endpoints and be another implementation.
 */
public interface Source {

  /** What a look at the source gave. */
  sealed interface Reading {
    /** Nothing is different from the last look. */
    record Unchanged() implements Reading {}

    /** A whole configuration without faults. */
    record Changed(Config config) implements Reading {}

    /** Something is there, but it can't be used: all of its faults. */
    record Faulty(List<Fault> faults) implements Reading {
      public Faulty {
        faults = List.copyOf(faults);
      }
    }
  }

  /** Looks again. The first call never gives {@link Reading.Unchanged}. */
  Reading read();
}
