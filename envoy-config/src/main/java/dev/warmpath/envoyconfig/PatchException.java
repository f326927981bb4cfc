package dev.warmpath.envoyconfig;

import java.util.List;

/** The file can't be patched; carries every reason, not the first. */
final class PatchException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<Fault> faults;

  PatchException(List<Fault> faults) {
    super(faults.toString());
    this.faults = List.copyOf(faults);
  }

  PatchException(Fault fault) {
    this(List.of(fault));
  }

  List<Fault> faults() {
    return faults;
  }
}
