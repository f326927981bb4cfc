package dev.warmpath.config;

import static java.util.stream.Collectors.joining;

import java.util.List;

/** A configuration that was refused, with everything that is wrong with it. */
public final class ConfigException extends Exception {
  private final transient List<Fault> faults;

  ConfigException(List<Fault> faults) {
    super(faults.stream().map(Fault::toString).collect(joining("\n")));
    this.faults = List.copyOf(faults);
  }

  /** At least one, in the order of the file's lines. */
  public List<Fault> faults() {
    return faults;
  }
}
