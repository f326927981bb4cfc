package dev.warmpath.e2e.bench;

import java.util.Locale;

/** What stands between Envoy's listener and its router. */
enum Filter {
  /** No ext_proc filter. */
  NONE,
  /** A processor that reads whole bodies and does nothing. */
  NOOP,
  WARMPATH;

  /** As reports have it. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
